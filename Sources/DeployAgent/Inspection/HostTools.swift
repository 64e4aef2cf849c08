import DeployModel
package import HostControl
import SystemPackage

/// The host's own programs and files, as the agent reaches them: one runner for every child process.
package struct HostTools: Sendable {
    let runner: any CommandRunning
    let systemd: Systemd
    let processes: ProcessTable
    let journal: Journal
    let stateDirectory: String
    let fetchLimit: Duration
    let interlock: StartInterlock

    /// The tools of this host.
    package init(runner: any CommandRunning, stateDirectory: String, fetchLimit: Duration) {
        self.runner = runner
        systemd = Systemd(runner: runner, timeLimit: .seconds(20))
        processes = ProcessTable()
        journal = Journal(runner: runner, limits: JournalLimits(time: .seconds(20), output: 8 << 20))
        self.stateDirectory = stateDirectory
        self.fetchLimit = fetchLimit
        interlock = StartInterlock(stateDirectory: stateDirectory)
    }

    /// The lock of a work tree. A lock that was released a moment ago may still be inherited by a child that is just being
    /// started, so a short wait is no sign of another deployment.
    func lock(_ path: CanonicalPath) async throws(HostError) -> PathLock {
        try await PathLock.take(path, stateDirectory: stateDirectory, patience: .seconds(1))
    }

    /// What a look at the remote may take: the one who asks waits for it, and a fetch does not.
    private static let lookLimit = Duration.seconds(20)

    /// git in a work tree, as the tree's owner; without a lock it only looks.
    func repository(
        _ path: CanonicalPath, owner: UInt32, remote: RemoteName, lock: PathLock?,
        onLine: (@Sendable (OutputLine) -> Void)? = nil
    ) throws(HostError) -> GitRepository {
        let network = lock == nil ? min(fetchLimit, Self.lookLimit) : fetchLimit
        return GitRepository(
            at: path, account: try UserAccount.withID(owner), remote: remote, lock: lock,
            limits: GitLimits(local: .seconds(60), network: network, output: 4 << 20), runner: runner, onLine: onLine)
    }
}

/// This host's wall clock. It decides nothing but an order's expiry, and keeps two checkouts out of one second.
enum WallClock {
    static func now() -> Timestamp { Timestamp(milliseconds: BootClock.wall()) }
}
