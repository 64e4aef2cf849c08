package import DeployModel

/// One clone on this host, seen and changed through git as the tree's owner.
///
/// A value: it holds how to ask, not what was found. Every operation is one git command, or a fixed few; each throws
/// ``HostError`` when git could not be run, passed a limit, or answered outside its manual.
package struct GitRepository: Sendable {
    /// Runs the commands.
    package let runner: any CommandRunning
    /// The commands, with tree, owner, limits and lock.
    package let commands: GitCommands
    /// The remote that the clone came from.
    package let remote: RemoteName
    /// The path lock; it must be held for whatever changes the repository.
    package let lock: PathLock?
    /// Called with each line that fetch and checkout print.
    package let onLine: (@Sendable (OutputLine) -> Void)?

    /// A repository; see the properties. `account` must be the owner of `directory`.
    package init(
        at directory: CanonicalPath, account: UserAccount, remote: RemoteName, lock: PathLock?, limits: GitLimits,
        runner: any CommandRunning, onLine: (@Sendable (OutputLine) -> Void)? = nil
    ) {
        self.runner = runner
        self.remote = remote
        self.lock = lock
        self.onLine = onLine
        commands = GitCommands(directory: directory, account: account, limits: limits, lock: lock?.descriptor)
    }

    /// The root of the work tree that the directory lies in.
    ///
    /// - Throws: ``HostError/notAWorkTree(path:said:)``; this is also the answer when git refuses because the tree or its
    ///   `.git` belongs to somebody else.
    package func topLevel() async throws(HostError) -> String {
        let result = try await runner.run(commands.topLevel(), onLine: nil)
        guard result.succeeded else {
            throw .notAWorkTree(path: commands.directory.text, said: result.lastWords)
        }
        return Self.line(result)
    }

    /// The absolute path of the `.git` directory.
    package func gitDirectory() async throws(HostError) -> String {
        Self.line(try await runner.succeed(commands.gitDirectory()))
    }

    /// The commit that is checked out; nil in a repository without one.
    package func head() async throws(HostError) -> CommitID? {
        let command = commands.head()
        guard try await yesOrNo(command) else { return nil }
        return try Self.commit(try await runner.succeed(command), command)
    }

    /// The branch that is checked out; nil when HEAD is detached.
    ///
    /// - Throws: also when the branch's name is outside ``BranchName``.
    package func branch() async throws(HostError) -> BranchName? {
        let command = commands.branch()
        let result = try await runner.run(command, onLine: nil)
        switch result.termination {
        case .exited(0): break
        case .exited(1): return nil
        default: throw .failed(command: command.shown, termination: result.termination, said: result.lastWords)
        }
        let reference = Self.line(result)
        guard reference.hasPrefix("refs/heads/"), let name = try? BranchName(reference.dropFirst(11)) else {
            throw .oddAnswer(command: command.shown, found: reference)
        }
        return name
    }

    /// Changed and untracked files.
    package func status() async throws(HostError) -> TreeStatus {
        let command = commands.status()
        let result = try await runner.succeed(command)
        guard let status = TreeStatus(porcelain: result.standardOutput) else {
            throw .oddAnswer(command: command.shown, found: result.text)
        }
        return status
    }

    /// What the clone has that the agent does not deploy.
    package func specialities() async throws(HostError) -> TreeSpecialities {
        var found = TreeSpecialities()
        let tracked = commands.trackedFiles()
        guard found.add(trackedFiles: try await runner.succeed(tracked).standardOutput) else {
            throw .oddAnswer(command: tracked.shown, found: "a record without flag, mode and path")
        }
        found.lfsFiles = NulRecords.texts(try await runner.succeed(commands.lfsFiles()).standardOutput)
        found.isShallow = Self.line(try await runner.succeed(commands.isShallow())) == "true"
        let keys = commands.specialKeys()
        let result = try await runner.run(keys, onLine: nil)
        switch result.termination {
        case .exited(0): found.add(specialKeys: result.standardOutput)
        case .exited(1): break
        default: throw .failed(command: keys.shown, termination: result.termination, said: result.lastWords)
        }
        return found
    }

    /// The newest entries of HEAD's reflog, newest first; empty when none is kept.
    package func reflog(limit: Int) async throws(HostError) -> [ReflogEntry] {
        let command = commands.reflog(limit: limit)
        let result = try await runner.succeed(command)
        var entries: [ReflogEntry] = []
        for record in NulRecords.texts(result.standardOutput) {
            guard let entry = ReflogEntry(record) else { throw .oddAnswer(command: command.shown, found: record) }
            entries.append(entry)
        }
        return entries
    }

    static func line(_ result: CommandResult) -> String {
        String(decoding: result.standardOutput.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    static func commit(_ result: CommandResult, _ command: HostCommand) throws(HostError) -> CommitID {
        do { return try CommitID(line(result)) } catch {
            throw .oddAnswer(command: command.shown, found: line(result))
        }
    }

    /// A question that git answers with exit code 0 or 1.
    func yesOrNo(_ command: HostCommand) async throws(HostError) -> Bool {
        let result = try await runner.run(command, onLine: nil)
        switch result.termination {
        case .exited(0): return true
        case .exited(1): return false
        default: throw .failed(command: command.shown, termination: result.termination, said: result.lastWords)
        }
    }
}
