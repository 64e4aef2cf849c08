import Coordination
import DeployModel

/// A rollout as a follower has seen it so far, host by host: what the live view draws. Fed with what Redis said, it asks
/// nobody.
struct RolloutPicture: Sendable {
    /// How one step of a host stands.
    struct StepMark: Equatable, Sendable {
        var state: StepState
        /// When it began, by the server's clock.
        var begun: Timestamp
        /// How long it took, once it is over.
        var took: Int64?
    }

    /// One host's job.
    struct Host: Equatable, Sendable {
        let name: HostName
        let services: [ServiceName]
        var state = JobState.waiting
        var steps: [Step: StepMark] = [:]
        /// The step that was begun last.
        var step: Step?
        /// When it was dispatched, and when its last verdict came.
        var dispatched: Timestamp?
        var ended: Timestamp?
        /// What its step waits for, in the host's words; empty when it waits for nothing.
        var waitsFor = ""
        /// The last line that a program of its step printed.
        var output = ""
        var verdicts: [ServiceName: Verdict] = [:]

        /// What the whole host came to: its worst verdict, once every service has one.
        var verdict: Verdict? {
            guard !services.isEmpty, verdicts.count >= services.count else { return nil }
            return verdicts.values.first { !$0.isGood } ?? verdicts.values.first { $0 == .verified } ?? .unchanged
        }

        /// Whether it is at work, or should be.
        var isOpen: Bool { state != .waiting && verdict == nil }
    }

    let id: RolloutID
    let shortName: String
    let commit: CommitID?
    let source: String
    let operatorName: String
    let reason: String
    let submitted: Timestamp
    private(set) var state: RolloutState?
    private(set) var stateDetail: String
    private(set) var hosts: [Host] = []
    private var places: [String: Int] = [:]

    /// The picture at the moment of a look: what the targets' hash tells, for followers who come late.
    init(_ record: RolloutRecord, _ targets: [TargetOutcome]) {
        id = record.id
        shortName = record.shortName
        commit = record.commit
        source = record.source
        operatorName = record.operatorName
        reason = record.reason
        submitted = record.submitted
        state = record.state
        stateDetail = record.stateDetail
        for target in targets { add(target, all: targets) }
    }

    private mutating func add(_ target: TargetOutcome, all: [TargetOutcome]) {
        if places[target.host.text] == nil {
            places[target.host.text] = hosts.count
            let services = all.filter { $0.host == target.host }.map(\.service)
            hosts.append(Host(name: target.host, services: services))
        }
        guard let place = places[target.host.text] else { return }
        hosts[place].state = target.state
        hosts[place].step = target.step
        if let verdict = target.verdict { hosts[place].verdicts[target.service] = verdict }
    }

    /// Takes an event; one of a host that the rollout does not have changes nothing.
    mutating func take(_ event: RolloutEvent) {
        if event.kind == "rollout" {
            state = RolloutState(rawValue: event.state) ?? state
            stateDetail = event.detail
            return
        }
        guard let place = places[event.host] else { return }
        switch event.kind {
        case "job": hosts[place].takeJob(event)
        case "step": hosts[place].takeStep(event)
        case "output": hosts[place].output = event.detail
        case "verdict": hosts[place].takeVerdict(event)
        default: break
        }
    }

    /// The verdicts that were given, and how often.
    var verdicts: [Verdict: Int] {
        hosts.reduce(into: [:]) { counts, host in
            for verdict in host.verdicts.values { counts[verdict, default: 0] += 1 }
        }
    }

    /// The number of targets.
    var targets: Int { hosts.reduce(0) { $0 + $1.services.count } }
}

extension RolloutPicture.Host {
    fileprivate mutating func takeJob(_ event: RolloutEvent) {
        guard let now = JobState(rawValue: event.state) else { return }
        if now == .dispatched { dispatched = event.time }
        if now == .ended { ended = ended ?? event.time }
        state = now
    }

    fileprivate mutating func takeStep(_ event: RolloutEvent) {
        guard let told = Step(rawValue: event.step), let mark = StepState(rawValue: event.state) else { return }
        switch mark {
        case .begun:
            step = told
            waitsFor = ""
            output = ""
            steps[told] = .init(state: .begun, begun: event.time)
        case .waiting: waitsFor = event.detail
        case .output: output = event.detail
        case .done, .failed:
            // What a single service has done is news of a step that goes on.
            guard event.service.isEmpty || mark == .failed else { return output = "\(event.service): \(event.detail)" }
            waitsFor = ""
            steps[told, default: .init(state: mark, begun: event.time)].state = mark
            steps[told]?.took = event.milliseconds
        }
    }

    fileprivate mutating func takeVerdict(_ event: RolloutEvent) {
        guard let service = try? ServiceName(event.service), let verdict = Verdict(rawValue: event.state) else {
            return
        }
        verdicts[service] = verdict
        ended = event.time
        waitsFor = ""
    }
}
