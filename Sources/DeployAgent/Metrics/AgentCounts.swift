import Coordination
import DeployModel

/// What the agent knows of itself and of its services at one moment, for its metrics.
struct AgentCounts: Sendable {
    /// How a job ended.
    struct JobEnd: Hashable, Sendable {
        let operation: Operation
        let verdict: Verdict
    }

    /// Upper bounds of a step's duration, in seconds. They tell apart what an operator asks: a look or a checkout (up to 1), an
    /// ordinary restart or fetch (5), a proof that held at once (15, for the default `stable_for` of 10), one that used its whole
    /// slack (45), and waits as long as the default limits of lease (60), fetch (120) and prepare (300).
    static let stepBounds: [Double] = [0.1, 1, 5, 15, 45, 60, 120, 300]
    /// The verdicts that a host gives; the others are the fleet's.
    static let verdicts: [Verdict] = [.verified, .unchanged, .reverted, .failed, .revertFailed, .refused]

    /// Whether a job is carried out now.
    var isJobRunning = false
    /// Jobs that ended since the agent's start, and orders that it refused.
    private(set) var jobs: [JobEnd: Int] = [:]
    /// How long steps took since the agent's start, in seconds.
    private(set) var steps: [Step: MetricHistogram] = [:]
    /// Calls to Redis that failed since the agent's start.
    private(set) var redisFaults: [CallFault: Int] = [:]
    /// Whether Redis answered the last beat.
    private(set) var isRedisAnswering = false
    /// When Redis took a beat last, by this host's clock.
    private(set) var lastBeat: Timestamp?
    /// The services as they were found last, and when.
    private(set) var services: [ServiceFacts] = []
    private(set) var lastLook: Timestamp?
    /// What the reports on the disk tell.
    var reports = ReportBoard()

    mutating func ended(_ operation: Operation, _ verdict: Verdict) {
        isJobRunning = false
        jobs[JobEnd(operation: operation, verdict: verdict), default: 0] += 1
    }

    mutating func took(_ step: Step, milliseconds: Int64) {
        steps[step, default: MetricHistogram(bounds: Self.stepBounds)].observe(Double(milliseconds) / 1000)
    }

    mutating func failed(_ fault: CallFault) { redisFaults[fault, default: 0] += 1 }

    mutating func saw(_ services: [ServiceFacts], at moment: Timestamp) {
        self.services = services
        lastLook = moment
    }

    /// Notes what came of a beat: nil for one that was not answered.
    mutating func beat(_ reply: BeatReply?, at moment: Timestamp) {
        isRedisAnswering = reply != nil
        if case .heard = reply { lastBeat = moment }
    }
}
