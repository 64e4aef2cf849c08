package import DeployModel

/// Waits until everything that was written to a directory's file system is on the disk: git syncs its objects, not the files
/// of the work tree. A command, because syncfs(2) can take long and can't be given a limit.
package struct FileSystemSync: Sendable {
    private let runner: any CommandRunning
    private let limit: Duration

    /// Syncs that may take `limit`.
    package init(runner: any CommandRunning, limit: Duration) {
        self.runner = runner
        self.limit = limit
    }

    /// Syncs the file system of a directory.
    ///
    /// - Throws: ``HostError`` when it fails, or takes longer than the limit.
    package func run(_ path: CanonicalPath) async throws(HostError) {
        let command = HostCommand(
            executable: "/usr/bin/sync", arguments: ["--file-system", "--", path.text],
            environment: ["PATH": "/usr/bin:/bin", "LC_ALL": "C"], workingDirectory: "/", identity: nil,
            timeLimit: limit, outputLimit: 65536, standardInput: .nothing)
        _ = try await runner.succeed(command)
    }
}
