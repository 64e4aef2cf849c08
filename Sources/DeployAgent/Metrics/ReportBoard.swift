import Coordination
import DeployModel

/// The last verdict of each service on this host, as the reports on the disk tell it: those that wait for Redis, and the newest
/// that it has taken. What somebody deployed by hand is among them, and what a former life of the agent did.
struct ReportBoard: Sendable {
    /// How a service's last attempt ended.
    struct Last: Sendable, Equatable {
        var verdict: Verdict
        /// The commit that was ordered.
        var commit: CommitID
        /// When, by this host's clock.
        var finishedAt: Timestamp
    }

    private(set) var last: [ServiceName: Last] = [:]
    /// The last attempt of each service after which it was proven that it runs, and what.
    private(set) var proven: [ServiceName: Last] = [:]
    /// How many reports wait for Redis.
    private(set) var waiting = 0
    /// The reports that were read: each stays as it is until it goes.
    private var known: Set<AttemptName> = []

    /// Reads the reports that have come since the last look.
    mutating func look(at spool: ReportSpool, host: HostName) {
        let found = spool.all(host: host, besides: known)
        known = found.attempts
        waiting = found.waiting
        for target in found.new.flatMap(\.targets) { take(target) }
    }

    private mutating func take(_ target: TargetReport) {
        let end = Last(verdict: target.verdict, commit: target.commit, finishedAt: target.finishedAt)
        replace(&last[target.service], with: end)
        switch target.verdict {
        case .verified, .unchanged, .reverted:
            guard let running = target.runningCommit else { return }
            replace(
                &proven[target.service], with: Last(verdict: end.verdict, commit: running, finishedAt: end.finishedAt))
        case .failed, .revertFailed, .refused, .unreachable, .unknown, .skipped: return
        }
    }

    private func replace(_ place: inout Last?, with end: Last) {
        if place.map({ $0.finishedAt <= end.finishedAt }) ?? true { place = end }
    }
}
