import DeployModel

/// What a journal's records add up to: how far a job has come. Pure; recovery decides by it.
struct JobProgress: Equatable, Sendable {
    /// The order's text.
    var order: [UInt8] = []
    /// Whether somebody made the order by hand on this host: Redis knows nothing of the job.
    var isByHand = false
    /// The boot of the host in which the job was worked on last.
    var bootID: String?
    /// The HEAD of each path before anything was touched.
    var previous: [CanonicalPath: CommitID] = [:]
    /// The invocation of each service before anything was touched; empty when it did not run.
    var invocations: [ServiceName: String] = [:]
    /// The commit that each service ran, where that was known.
    var ranCommits: [ServiceName: CommitID] = [:]
    /// The token, once the right was given.
    var token: Int64?
    /// The paths whose checkout has begun, forward or back.
    var checkoutsBegun: Set<CanonicalPath> = []
    /// Those of them that are in the middle of one.
    var checkoutsOpen: Set<CanonicalPath> = []
    /// The paths whose prepare commands have begun.
    var preparesBegun: Set<CanonicalPath> = []
    /// The services whose restart has begun.
    var restartsBegun: Set<ServiceName> = []
    /// The invocation that each finished restart brought.
    var restartsDone: [ServiceName: String] = [:]
    /// Why the job goes back, once it does.
    var failure: Failure?
    /// The services whose restart on the way back has begun.
    var revertRestartsBegun: Set<ServiceName> = []
    /// The end.
    var verdict: Verdict?

    /// Why a job failed.
    struct Failure: Equatable, Sendable {
        var step: Step
        var rule: Rule
        var message: String
    }

    /// Whether the job is past the point from which it goes on to the ordered commit, lease or no lease.
    var goesOn: Bool { !restartsBegun.isEmpty && failure == nil }

    /// Whether nothing of the host was changed.
    var isUntouched: Bool { checkoutsBegun.isEmpty && restartsBegun.isEmpty }

    init(_ records: [JournalRecord]) {
        for record in records { apply(record) }
    }

    mutating func apply(_ record: JournalRecord) {
        switch record {
        case .admitted(let order, let isByHand):
            self.order = order
            self.isByHand = isByHand
        case .life(let boot): bootID = boot
        case .found(let path, let head): previous[path] = head
        case .ran(let service, let invocation, let commit):
            invocations[service] = invocation
            ranCommits[service] = commit
        case .claimed(let token): self.token = token
        case .checkoutBegun(let path, _):
            checkoutsBegun.insert(path)
            checkoutsOpen.insert(path)
        case .checkoutDone(let path), .revertCheckoutDone(let path): checkoutsOpen.remove(path)
        case .prepareBegun(let path): preparesBegun.insert(path)
        case .restartBegun(let service): restartsBegun.insert(service)
        case .restartDone(let service, let invocation): restartsDone[service] = invocation
        case .revertBegun(let step, let rule, let message):
            failure = Failure(step: step, rule: rule, message: message)
        case .revertRestartBegun(let service): revertRestartsBegun.insert(service)
        case .ended(let verdict): self.verdict = verdict
        }
    }
}
