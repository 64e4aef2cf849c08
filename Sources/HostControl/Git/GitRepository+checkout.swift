package import DeployModel
internal import Glibc

// What changes the tree. The caller holds the path lock.
extension GitRepository {
    /// Moves branch and tree forward to a commit that has HEAD behind it.
    ///
    /// - Throws: ``HostError/failed(command:termination:said:)`` when it would not be forward, or a file stands in the way;
    ///   then nothing was changed.
    package func fastForward(to commit: CommitID) async throws(HostError) {
        _ = try await runner.succeed(commands.fastForward(to: commit), onLine: onLine)
    }

    /// Moves branch and tree to any commit, and keeps local changes of tracked files or refuses.
    package func resetKeeping(to commit: CommitID) async throws(HostError) {
        _ = try await runner.succeed(commands.resetKeeping(to: commit), onLine: onLine)
    }

    /// Makes the tracked files one whole commit, whatever they were. Local changes of tracked files are gone. For recovery
    /// after an interrupted checkout only.
    package func resetHard(to commit: CommitID) async throws(HostError) {
        _ = try await runner.succeed(commands.resetHard(to: commit), onLine: onLine)
    }

    /// Whether somebody's git has the index in its hands, or died with it.
    package func hasIndexLock() async throws(HostError) -> Bool {
        var status = stat()
        return lstat(try await indexLockPath(), &status) == 0
    }

    /// Removes the index.lock of a git that is gone. Only who holds the path lock may: our own git inherits it, so that
    /// none of ours can still be at work.
    ///
    /// - Returns: Whether there was one.
    /// - Throws: ``HostError/unwritable(path:reason:)``.
    @discardableResult
    package func removeStaleIndexLock() async throws(HostError) -> Bool {
        let path = try await indexLockPath()
        guard lock != nil else { throw .unwritable(path: path, reason: "the path lock is not held") }
        let command = commands.removeFile(path)
        var status = stat()
        guard lstat(path, &status) == 0 else { return false }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .unwritable(path: path, reason: "it is not a file") }
        let result = try await runner.run(command, onLine: nil)
        guard result.succeeded else { throw .unwritable(path: path, reason: result.lastWords) }
        return true
    }

    private func indexLockPath() async throws(HostError) -> String { try await gitDirectory() + "/index.lock" }
}
