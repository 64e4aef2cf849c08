package import DeployModel
internal import Glibc

// What a git that was killed leaves behind. The caller holds the path lock, which each git of ours inherits: none can still
// be at work.
extension GitRepository {
    /// Removes the lock files of a git that is gone, also that of a fetch of `branch`. One that a process has open is somebody
    /// else's, and stays.
    ///
    /// - Parameters:
    ///   - branch: The branch that was being fetched.
    ///   - patience: How long to wait for somebody else's git.
    /// - Returns: The names that were removed, relative to the git directory.
    /// - Throws: ``HostError/gitLocked(lock:holder:)``; ``HostError/unwritable(path:reason:)``, also without the path lock.
    @discardableResult
    package func removeStaleLocks(
        fetched branch: BranchName, patience: Duration = .seconds(10)
    ) async throws(HostError) -> [String] {
        var names = ["index.lock", "HEAD.lock", "ORIG_HEAD.lock", "packed-refs.lock"]
        names.append(GitCommands.trackingRef(remote, branch) + ".lock")
        if let branch = try await self.branch() { names.append("refs/heads/\(branch).lock") }
        let folder = try await gitDirectory()
        for path in names.map({ folder + "/" + $0 }) {
            try await Self.wait(for: path, patience: patience) { ProcessTable().opener(of: path) != nil }
        }
        return try await remove(names)
    }

    /// Removes the index: after a power cut the times and sizes in it prove nothing about the files. The next
    /// ``resetHard(to:)`` writes every file anew, and leaves those that only another commit has.
    ///
    /// - Throws: ``HostError/unwritable(path:reason:)``, also without the path lock.
    package func dropIndex() async throws(HostError) { _ = try await remove(["index"]) }

    private func remove(_ names: [String]) async throws(HostError) -> [String] {
        let folder = try await gitDirectory()
        guard lock != nil else { throw .unwritable(path: folder, reason: "the path lock is not held") }
        var removed: [String] = []
        for name in names where try Self.isThere(folder + "/" + name) {
            let result = try await runner.run(commands.removeFiles([folder + "/" + name]), onLine: nil)
            guard result.succeeded else { throw .unwritable(path: folder + "/" + name, reason: result.lastWords) }
            removed.append(name)
        }
        return removed
    }

    private static func isThere(_ path: String) throws(HostError) -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0 else { return false }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .unwritable(path: path, reason: "it is not a file") }
        return true
    }
}
