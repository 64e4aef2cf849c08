package import DeployModel
internal import Glibc

// What changes the tree. The caller holds the path lock.
extension GitRepository {
    /// Moves branch and tree forward to a commit that has HEAD behind it.
    ///
    /// - Throws: ``HostError/failed(command:termination:said:)`` when it would not be forward, or a file stands in the way;
    ///   then nothing was changed.
    package func fastForward(to commit: CommitID) async throws(HostError) {
        try await move(commands.fastForward(to: commit))
    }

    /// Moves branch and tree to any commit, and keeps local changes of tracked files or refuses.
    package func resetKeeping(to commit: CommitID) async throws(HostError) {
        try await move(commands.resetKeeping(to: commit))
    }

    /// How long somebody else's git may have the index in its hands.
    private static let patience = Duration.seconds(3)
    /// How often a checkout is tried that changed nothing.
    private static let attempts = 10

    /// Runs a checkout. Somebody's `git status` takes the index for a moment too: one that failed and has changed nothing is
    /// tried again, and the first failure is told.
    private func move(_ command: HostCommand) async throws(HostError) {
        let before = try await head()
        var failure: HostError?
        for _ in 1...Self.attempts {
            do throws(HostError) {
                try await requireNoIndexLock(patience: Self.patience)
                _ = try await runner.succeed(command, onLine: onLine)
                return
            } catch {
                failure = failure ?? error
                guard case .failed = error, try await head() == before, try await status().isClean else { break }
            }
        }
        if let failure { throw failure }
    }

    /// Makes the tracked files one whole commit, whatever they were. Local changes of tracked files are gone. For recovery
    /// after an interrupted checkout only.
    package func resetHard(to commit: CommitID) async throws(HostError) {
        _ = try await runner.succeed(commands.resetHard(to: commit), onLine: onLine)
    }

    /// Puts the tracked files back to `previous` when a checkout of `target` ended in the middle of it: on a full disk, at its
    /// limit. Before that checkout no file of `target` alone was there, so that whatever lies there now came with it.
    ///
    /// `reset --keep` would not do: HEAD has not moved yet, and it takes what the checkout wrote for somebody's work.
    package func undo(from target: CommitID, to previous: CommitID) async throws(HostError) {
        let command = commands.appearances(from: previous, to: target)
        guard let changes = Obstruction(nameStatus: try await runner.succeed(command).standardOutput) else {
            throw .oddAnswer(command: command.shown, found: "a record that is not A, D or T with a path")
        }
        let folder = commands.directory.text
        // First, because it makes room. No more than fit on a command line.
        var rest = changes.added.map { folder + "/" + $0 }.filter(isFile)[...]
        while !rest.isEmpty {
            _ = try await runner.succeed(commands.removeFiles(Array(rest.prefix(200))))
            rest = rest.dropFirst(200)
        }
        try await requireNoIndexLock(patience: Self.patience)
        try await resetHard(to: previous)
    }

    /// Whether somebody's git has the index in its hands, or died with it.
    ///
    /// - Parameters:
    ///   - folder: The `.git` directory; nil to ask for it.
    ///   - patience: How long a lock may stay: looking at a tree takes it for a moment too.
    /// - Throws: ``HostError/gitLocked(lock:holder:)``.
    package func requireNoIndexLock(in folder: String? = nil, patience: Duration) async throws(HostError) {
        var folder = folder
        if folder == nil { folder = try await gitDirectory() }
        let path = (folder ?? "") + "/index.lock"
        try await Self.wait(for: path, patience: patience) { isThere(path) }
    }

    /// Waits until a lock file of git is gone, or not held any more.
    static func wait(
        for path: String, patience: Duration, while isHeld: () -> Bool
    ) async throws(HostError) {
        let pause = Duration.milliseconds(100)
        var left = patience
        while isHeld() {
            guard left > .zero else {
                throw .gitLocked(lock: path, holder: ProcessTable().opener(of: path))
            }
            do { try await Task.sleep(for: pause) } catch { throw .cancelled(command: "the wait for \(path)") }
            left -= pause
        }
    }

    private func isFile(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFDIR
    }

    private func isThere(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }
}
