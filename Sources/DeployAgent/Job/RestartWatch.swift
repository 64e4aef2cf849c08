import DeployModel
import HostControl

/// Judges, one look at the unit after the other, what becomes of a restart that was queued.
///
/// The job tells whether systemd is still at it, the invocation whether a new process came of it. Neither is asked of
/// systemctl: it ends with 0 for a start that a limit, a condition or a dependency refuses a moment later.
struct RestartWatch: Sendable {
    enum Finding: Sendable, Equatable {
        /// systemd is not done.
        case wait
        /// A new process runs, and no job is left.
        case runs
        /// Nothing more comes of this restart; why, in words.
        case ended(String)
    }

    /// The unit, read right before the restart was queued: after the checkout, so that another invocation than this one
    /// is a process that started after it.
    let before: UnitFacts
    /// Whether the job is known to have been queued. It is not when systemctl failed: the order may still have arrived.
    let isQueued: Bool
    /// The restart's job, once systemctl named it or it was seen.
    private(set) var job: UInt32?

    init(before: UnitFacts, isQueued: Bool, job: UInt32?) {
        self.before = before
        self.isQueued = isQueued
        self.job = job
    }

    mutating func take(_ now: UnitFacts) -> Finding {
        if let found = now.job, isQueued || found != before.job {
            if job == nil { job = found }
            guard let job, job != found else { return .wait }
            // systemd's own, of an automatic restart: ours had set the count to 0.
            if now.restarts > 0, !before.isBetweenRestarts { return .ended(Self.startedAgain(now)) }
            return .ended("job \(found) of somebody else took the place of the restart's job \(job)")
        }
        guard let invocation = now.invocationID, invocation != before.invocationID else {
            return isQueued || job != nil ? .ended(Self.withoutStart(now)) : .wait
        }
        return started(now)
    }

    private func started(_ now: UnitFacts) -> Finding {
        if now.isRunning {
            // reset-failed and the restart itself set the count to 0. Only a unit that was in a loop of restarts may have
            // added one between these two.
            guard now.restarts == 0 || before.isBetweenRestarts else {
                return .ended(Self.startedAgain(now))
            }
            return .runs
        }
        if now.isBetweenRestarts { return .ended("the new process died; \(now.stateInWords)") }
        switch now.activeState {
        case "activating", "reloading", "refreshing", "maintenance": return .wait
        case "active": return .ended("it is \(now.stateInWords), and no process of it is left that could be proven")
        // `failed`, `inactive`, `deactivating`, and whatever a later systemd adds.
        default: return .ended("the new process died; \(now.stateInWords)")
        }
    }

    private static func startedAgain(_ now: UnitFacts) -> String {
        "the new process died, and systemd has started it again \(now.restarts) times"
    }

    private static func withoutStart(_ now: UnitFacts) -> String {
        switch (now.result, now.isRunning) {
        case ("start-limit-hit", _): "its start limit was hit (StartLimitBurst=), although it was reset before"
        case (_, true): "its old process still runs: the job was cancelled, or a unit that it needs failed"
        case (_, false):
            "nothing was started, it is \(now.stateInWords): a condition does not hold, a unit that it needs failed, "
                + "or somebody stopped it or cancelled the job"
        }
    }
}

extension UnitFacts {
    /// Whether its process has died and systemd is about to start another (`Restart=`).
    var isBetweenRestarts: Bool { subState.hasPrefix("auto-restart") }

    /// State and result, safe to print.
    var stateInWords: String { "\(VisibleText(activeState))/\(VisibleText(subState)), result \(VisibleText(result))" }
}
