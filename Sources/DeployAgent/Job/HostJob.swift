import Coordination
import DeployModel
import HostControl
import Logging
import SystemPackage

/// One attempt on this host, from `inspect` to its verdict: the canonical-path deploy.
///
/// Not `Sendable`: one task runs it. What it announces in the journal before each step is what a later life of the agent
/// recovers from, so a record always stands on the disk before its step begins.
final class HostJob {
    let verified: Verified
    let trust: OrderTrust
    let attempt: AttemptName
    let configuration: AgentConfiguration
    let tools: HostTools
    let memory: AgentMemory
    let identity: HostIdentity
    let right: JobRight
    /// The lease of a job by hand; nil for a job of the fleet, which claims its own.
    var handLease: HandLease?
    let narrator: JobNarrator
    let logger: Logger
    let startedAt: Timestamp
    let journal: JobJournal
    var progress: JobProgress

    /// What was found of each path, in the order of the order's lines.
    var sites: [Site] = []
    /// The last findings of an observation, for evidence.
    var findings: [Verification.Finding] = []
    /// The paths that a git of this life has begun to change and has not proven to be whole.
    var openMoves: Set<CanonicalPath> = []
    /// Evidence that was taken before a way back.
    var failureEvidence: [ServiceName: String] = [:]
    /// The path locks that recovery took before it could inspect.
    var recoveryLocks: [CanonicalPath: PathLock] = [:]
    /// Remarks for the report: `finished_without_lease`.
    var remarks: [String] = []

    /// A path of this host, with its services.
    struct Site {
        let line: Order.Line
        var tree: InspectedTree
        var units: [InspectedUnit]
        var lock: PathLock?
    }

    init(
        _ verified: Verified, journal: JobJournal, configuration: AgentConfiguration, tools: HostTools,
        memory: AgentMemory, identity: HostIdentity, right: JobRight, narrator: JobNarrator, logger: Logger
    ) {
        self.verified = verified
        trust = OrderTrust(settings: configuration.signatures, runner: tools.runner)
        attempt = journal.attempt
        self.journal = journal
        progress = JobProgress(journal.records)
        self.configuration = configuration
        self.tools = tools
        self.memory = memory
        self.identity = identity
        self.right = right
        self.narrator = narrator
        self.logger = logger
        startedAt = WallClock.now()
    }

    var order: Order { verified.order }
    /// The lines of this host.
    var lines: [Order.Line] { order.lines(of: configuration.host) }

    /// Carries the attempt out.
    ///
    /// - Returns: the report, for the spool.
    func perform() async -> ReportSpool.Report {
        do throws(JobFailure) {
            try write(.life(boot: identity.bootID), .inspect)
            try await step(.inspect) { () throws(JobFailure) in
                try await self.inspect()
                // Nothing is fetched for a restart; what is looked at holds all the same.
                if self.order.operation == .restart { try await self.takeLocks() }
            }
            if order.operation == .deploy {
                try await step(.fetch) { () throws(JobFailure) in try await self.fetch() }
            }
            try await step(.lease) { () throws(JobFailure) in try await self.takeLease() }
            if order.operation == .deploy, try await isUnchanged() {
                return report(.unchanged, failure: nil, running: order.commit)
            }
            try await change()
        } catch {
            return await end(after: error)
        }
        Failpoint.verified.pass()
        return report(.verified, failure: nil, running: order.commit)
    }

    /// Decides what a failure comes to: nothing was touched, or the way back.
    func end(after failure: JobFailure) async -> ReportSpool.Report {
        guard progress.isUntouched else { return await goBack(failure) }
        let verdict: Verdict
        switch failure.step {
        case .admit, .inspect, .lease: verdict = .refused
        case .fetch, .checkout, .prepare, .restart, .verify, .revert, .report: verdict = .failed
        }
        return report(verdict, failure: failure, running: nil)
    }

    /// Runs one step: tells its beginning and its end, with its time.
    func step(_ step: Step, _ body: () async throws(JobFailure) -> Void) async throws(JobFailure) {
        let began = ContinuousClock.now
        narrator.tell(step, .begun)
        do throws(JobFailure) {
            try await body()
            narrator.tell(step, .done, took: HumanDuration(ContinuousClock.now - began).milliseconds)
        } catch {
            narrator.tell(
                step, .failed, error.refusal.description, service: error.service,
                took: HumanDuration(ContinuousClock.now - began).milliseconds)
            throw error
        }
    }

    /// Writes a record to the disk; what it announces must not begin without it.
    func write(_ record: JournalRecord, _ step: Step) throws(JobFailure) {
        do throws(Errno) { try journal.write(record) } catch {
            throw JobFailure(
                step,
                Refusal(
                    .hostStateUnreadable, "the job's journal can't be written: \(error)",
                    remedy: "make room in \(configuration.stateDirectory)"))
        }
        progress.apply(record)
    }

    /// The report of this attempt.
    func report(_ verdict: Verdict, failure: JobFailure?, running: CommitID?) -> ReportSpool.Report {
        let finishedAt = WallClock.now()
        let targets = lines.flatMap { line in
            line.services.map { service in
                let isCause = failure?.service == nil || failure?.service == service
                let error = failure.map {
                    isCause ? $0.refusal.description : "with \($0.service?.text ?? ""): \($0.refusal.description)"
                }
                return TargetReport(
                    service: service, verdict: verdict, step: failure?.step ?? .verify, rule: failure?.refusal.rule,
                    error: error ?? "", commit: order.commit, previousCommit: progress.previous[line.path],
                    runningCommit: running ?? runningBefore(service), startedAt: startedAt, finishedAt: finishedAt,
                    evidence: evidence(service))
            }
        }
        return ReportSpool.Report(
            attempt: attempt, token: progress.token, detail: remarks.joined(separator: " "), targets: targets,
            byHand: progress.isByHand ? order : nil)
    }

    /// The commit that a service ran before the job, for a verdict that changed nothing.
    private func runningBefore(_ service: ServiceName) -> CommitID? { progress.ranCommits[service] }

    private func evidence(_ service: ServiceName) -> String {
        let now = findings.filter { $0.service == service }.map(\.line)
        let before = failureEvidence[service].map { ["-- before going back --", $0] } ?? []
        return (now + before).joined(separator: "\n")
    }
}
