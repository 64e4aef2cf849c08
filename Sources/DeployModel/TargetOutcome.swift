/// How one target of a rollout stands: what `show` prints and what the exit code is computed from.
package struct TargetOutcome: Hashable, Sendable {
    /// The host.
    package var host: HostName
    /// The service.
    package var service: ServiceName
    /// The state of the host's job.
    package var state: JobState
    /// The verdict, once there is one.
    package var verdict: Verdict?
    /// The last step that was begun.
    package var step: Step?
    /// The rule that was broken, for anything but a good verdict.
    package var rule: Rule?
    /// What went wrong and what to do, in words.
    package var error: String
    /// The commit that was ordered.
    package var commit: CommitID?
    /// The commit that was checked out before.
    package var previousCommit: CommitID?
    /// The commit that the process runs now, when known.
    package var runningCommit: CommitID?

    /// A target that nothing has happened to yet.
    package init(host: HostName, service: ServiceName) {
        self.host = host
        self.service = service
        state = .waiting
        error = ""
    }

    /// Whether it was restarted and is not proven to run. Who lost the right was not restarted.
    var isRestartedInVain: Bool {
        verdict == .failed && (step == .restart || step == .verify) && rule != .rightLost
    }

    /// Whether it failed and yet runs what was ordered: left so by `--no-revert`.
    var isLeftChanged: Bool {
        guard verdict == .failed, let running = runningCommit, let commit, let previous = previousCommit else {
            return false
        }
        return running == commit && previous != commit
    }
}
