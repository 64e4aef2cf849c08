package import DeployModel
internal import Glibc

// What the local object store knows of commits.
extension GitRepository {
    /// Whether the commit is in the local object store. Exit code 128 also means no: git gives it for an unknown object.
    package func exists(_ commit: CommitID) async throws(HostError) -> Bool {
        let command = commands.exists(commit)
        let result = try await runner.run(command, onLine: nil)
        switch result.termination {
        case .exited(0): return true
        case .exited(1), .exited(128): return false
        default: throw .failed(command: command.shown, termination: result.termination, said: result.lastWords)
        }
    }

    /// Whether the commit is on the remote's branch, as last fetched. Ask ``exists(_:)`` first.
    package func isAncestor(_ commit: CommitID, of branch: BranchName) async throws(HostError) -> Bool {
        let ref = GitCommands.trackingRef(remote, branch)
        // A branch that was never fetched has no commits.
        guard try await yesOrNo(commands.commit(ofRef: ref)) else { return false }
        return try await yesOrNo(commands.isAncestor(commit, ofRef: ref))
    }

    /// Whether one commit is the other or comes before it: then the way to it is forward.
    package func isAncestor(_ commit: CommitID, of later: CommitID) async throws(HostError) -> Bool {
        try await yesOrNo(commands.isAncestor(commit, ofRef: later.text))
    }

    /// The first line of the commit's message. Text from another machine: print it through VisibleText.
    package func subject(of commit: CommitID) async throws(HostError) -> String {
        Self.line(try await runner.succeed(commands.subject(commit)))
    }

    /// Why the commit is not signed by somebody who may, in git's words; nil when it is. Only ssh signatures count.
    package func signatureFlaw(of commit: CommitID, _ files: SignatureVerifier.Files) async throws(HostError) -> String?
    {
        let command = commands.verifySignature(of: commit, files)
        let result = try await runner.run(command, onLine: nil)
        switch result.termination {
        case .exited(0):
            // git goes on without a file of revoked keys that the tree's owner can't read, and only says so.
            let said = String(decoding: result.standardError, as: UTF8.self)
            return said.contains("revocation") ? result.lastWords : nil
        case .exited(1): return result.standardError.isEmpty ? "it has no signature" : result.lastWords
        default: throw .failed(command: command.shown, termination: result.termination, said: result.lastWords)
        }
    }

    /// How many commits `new` has that `old` has not.
    package func commitCount(from old: CommitID, to new: CommitID) async throws(HostError) -> Int {
        let command = commands.count(from: old, to: new)
        let text = Self.line(try await runner.succeed(command))
        guard let count = Int(text) else { throw .oddAnswer(command: command.shown, found: text) }
        return count
    }

    /// Commits of HEAD that no branch of the remote has, and that its branch did not have before it was rewritten: work that
    /// was committed on this host. Newest first, at most `limit`.
    package func localCommits(_ branch: BranchName, limit: Int) async throws(HostError) -> [CommitID] {
        let found = try await commits(commands.localCommits(remote: remote, limit: limit))
        guard !found.isEmpty else { return [] }
        let former = try await formerValues(ofRef: GitCommands.trackingRef(remote, branch))
        if former.isEmpty { return found }
        return try await commits(commands.localCommits(remote: remote, besides: former, limit: limit))
    }

    /// What a ref was before, as far as its reflog goes; empty without one.
    private func formerValues(ofRef ref: String) async throws(HostError) -> [CommitID] {
        let result = try await runner.run(commands.formerValues(ofRef: ref, limit: 50), onLine: nil)
        guard result.succeeded else { return [] }
        var former = result.text.split(separator: "\n").compactMap { try? CommitID($0) }
        // The reflog names what each change brought; what was there before the first one is asked for.
        let first = try await runner.run(commands.value(ofRef: ref, before: former.count), onLine: nil)
        if first.succeeded, let commit = try? CommitID(Self.line(first)) { former.append(commit) }
        return former
    }

    private func commits(_ command: HostCommand) async throws(HostError) -> [CommitID] {
        var commits: [CommitID] = []
        for line in try await runner.succeed(command).text.split(separator: "\n") {
            guard let commit = try? CommitID(line) else {
                throw .oddAnswer(command: command.shown, found: String(line))
            }
            commits.append(commit)
        }
        return commits
    }

    /// Untracked files, ignored ones too, that lie where a checkout of `target` would write. Sorted paths below the tree.
    package func obstructions(from head: CommitID, to target: CommitID) async throws(HostError) -> [String] {
        let command = commands.appearances(from: head, to: target)
        guard let obstruction = Obstruction(nameStatus: try await runner.succeed(command).standardOutput) else {
            throw .oddAnswer(command: command.shown, found: "a record that is not A, D or T with a path")
        }
        return obstruction.paths { path in
            var status = stat()
            guard lstat(commands.directory.text + "/" + path, &status) == 0 else { return .nothing }
            return status.st_mode & S_IFMT == S_IFDIR ? .directory : .other
        }
    }

    /// What a checkout of `target` would write.
    ///
    /// - Parameters:
    ///   - head: What is checked out.
    ///   - target: What would be.
    /// - Returns: The bytes of all files that differ, and the submodules of `target`.
    /// - Throws: ``HostError/oddAnswer(command:found:)``, and what a command throws.
    package func checkout(from head: CommitID, to target: CommitID) async throws(HostError) -> CheckoutSize {
        let old = commands.tree(of: head)
        let new = commands.tree(of: target)
        guard let before = TreeListing(try await runner.succeed(old).standardOutput),
            let after = TreeListing(try await runner.succeed(new).standardOutput)
        else { throw .oddAnswer(command: new.shown, found: "a record without mode, kind, object, size and path") }
        return CheckoutSize(from: before, to: after)
    }
}
