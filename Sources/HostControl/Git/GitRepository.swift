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

    /// Where the directory lies in a repository.
    ///
    /// - Throws: ``HostError/notAWorkTree(path:said:)``; this is also the answer when git refuses because the tree or its
    ///   `.git` belongs to somebody else.
    package func place() async throws(HostError) -> RepositoryPlace {
        let command = commands.place()
        let result = try await runner.run(command, onLine: nil)
        guard result.succeeded else {
            throw .notAWorkTree(path: commands.directory.text, said: result.lastWords)
        }
        let lines = result.text.split(separator: "\n").map(String.init)
        guard lines.count == 3 else { throw .oddAnswer(command: command.shown, found: result.text) }
        return RepositoryPlace(root: lines[0], gitDirectory: lines[1], isShallow: lines[2] == "true")
    }

    /// The absolute path of the `.git` directory.
    package func gitDirectory() async throws(HostError) -> String {
        Self.line(try await runner.succeed(commands.gitDirectory()))
    }

    /// The commit that is checked out; nil in a repository without one.
    package func head() async throws(HostError) -> CommitID? {
        let command = commands.head()
        let result = try await runner.run(command, onLine: nil)
        switch result.termination {
        case .exited(0): return try Self.commit(result, command)
        case .exited(1): return nil
        default: throw .failed(command: command.shown, termination: result.termination, said: result.lastWords)
        }
    }

    /// The commit and the branch that are checked out; each nil when that can't be told in one look. Cheaper than
    /// ``status()``: no file is looked at.
    package func position() async throws(HostError) -> (head: CommitID?, branch: BranchName?) {
        let result = try await runner.run(commands.position(), onLine: nil)
        guard result.succeeded else { return (nil, nil) }
        let lines = result.text.split(separator: "\n")
        guard lines.count == 2, lines[1].hasPrefix("refs/heads/") else {
            return (lines.first.flatMap { try? CommitID($0) }, nil)
        }
        return (try? CommitID(lines[0]), try? BranchName(lines[1].dropFirst(11)))
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

    /// What is checked out, and changed and untracked files.
    package func status() async throws(HostError) -> TreeStatus {
        let command = commands.status()
        let result = try await runner.succeed(command)
        guard let status = TreeStatus(porcelain: result.standardOutput) else {
            throw .oddAnswer(command: command.shown, found: result.text)
        }
        return status
    }

    /// What the clone has that the agent does not deploy. That its history is cut off, its ``place()`` tells.
    package func specialities() async throws(HostError) -> TreeSpecialities {
        var found = TreeSpecialities()
        let tracked = commands.trackedFiles()
        guard found.add(trackedFiles: try await runner.succeed(tracked).standardOutput) else {
            throw .oddAnswer(command: tracked.shown, found: "a record without flag, mode and path")
        }
        found.lfsFiles = NulRecords.texts(try await runner.succeed(commands.lfsFiles()).standardOutput)
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

/// Where a directory lies in a repository.
package struct RepositoryPlace: Sendable, Equatable {
    /// The root of the work tree.
    package let root: String
    /// The absolute path of the `.git` directory.
    package let gitDirectory: String
    /// Whether the history is cut off.
    package let isShallow: Bool
}
