package import DeployModel
package import SystemPackage

/// Every git command that the agent runs, as a value. Each runs as the tree's owner, in the tree, with nothing of the
/// agent's environment; see `GitEnvironment` for the hardening. Only names and ids whose grammar was checked get here,
/// none of which can begin with a dash.
package struct GitCommands: Sendable {
    /// Where git lies.
    static let executable = "/usr/bin/git"
    /// The directory that git starts in.
    package let directory: CanonicalPath
    /// The owner of the tree.
    package let account: UserAccount
    /// What every command may take.
    package let limits: GitLimits
    /// The path lock, which git inherits as its standard input; nil for a command that only looks.
    package let lock: FileDescriptor?

    /// Commands on one tree; see the properties.
    package init(directory: CanonicalPath, account: UserAccount, limits: GitLimits, lock: FileDescriptor?) {
        self.directory = directory
        self.account = account
        self.limits = limits
        self.lock = lock
    }

    func command(_ arguments: [String], transport: GitTransport? = nil) -> HostCommand {
        let usual = ["--no-pager"] + GitEnvironment.configuration.flatMap { ["-c", $0] }
        var command = HostCommand(
            executable: Self.executable, arguments: usual + arguments,
            environment: GitEnvironment.variables(for: account, transport: transport),
            workingDirectory: directory.text, identity: account.identity,
            timeLimit: transport == nil ? limits.local : limits.network, outputLimit: limits.output,
            standardInput: lock.map { .inherited($0) } ?? .nothing)
        command.usualArguments = usual.count
        return command
    }
}

// What is there.
extension GitCommands {
    func place() -> HostCommand {
        command(["rev-parse", "--show-toplevel", "--absolute-git-dir", "--is-shallow-repository"])
    }

    func gitDirectory() -> HostCommand { command(["rev-parse", "--absolute-git-dir"]) }

    func head() -> HostCommand { command(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]) }

    /// The commit of HEAD, and the ref that it is.
    func position() -> HostCommand { command(["rev-parse", "HEAD^{commit}", "--symbolic-full-name", "HEAD"]) }

    func branch() -> HostCommand { command(["symbolic-ref", "--quiet", "HEAD"]) }

    /// Untracked directories count as one entry: an unpacked archive must not fill the output.
    func status() -> HostCommand {
        command([
            "status", "--porcelain=v2", "--branch", "--no-ahead-behind", "-z", "--untracked-files=normal",
            "--ignore-submodules=none", "--no-renames",
        ])
    }

    /// Mode, flags and stage of every tracked file.
    func trackedFiles() -> HostCommand { command(["ls-files", "-z", "-v", "--stage"]) }

    func lfsFiles() -> HostCommand { command(["ls-files", "-z", ":(attr:filter=lfs)"]) }

    /// Keys that make a repository something else than a plain clone. Of no one file: git also reads those that are
    /// included, and `config.worktree`, where it keeps `core.sparseCheckout` since 2.37.
    func specialKeys() -> HostCommand {
        command([
            "config", "--includes", "-z", "--get-regexp",
            #"^(core\.sparsecheckout|extensions\.partialclone|remote\..*\.promisor|filter\..*|hook\..*\.command"#
                + #"|http\..*\.sslverify)$"#,
        ])
    }

    func remoteURL(_ remote: RemoteName) -> HostCommand { command(["remote", "get-url", remote.text]) }

    /// The newest entries of HEAD's reflog: commit, and `HEAD@{<unix seconds>}`.
    func reflog(limit: Int) -> HostCommand {
        command(["log", "-g", "-z", "--max-count=\(limit)", "--date=unix", "--format=%H %gd", "HEAD"])
    }
}

// Commits.
extension GitCommands {
    func exists(_ commit: CommitID) -> HostCommand { command(["cat-file", "-e", commit.text + "^{commit}"]) }

    func isAncestor(_ commit: CommitID, ofRef ref: String) -> HostCommand {
        command(["merge-base", "--is-ancestor", commit.text, ref])
    }

    /// The programs for other kinds of signatures are ones that refuse: their keys are nobody's of the files.
    func verifySignature(of commit: CommitID, _ files: SignatureVerifier.Files) -> HostCommand {
        let keys = [
            "gpg.program=/bin/false", "gpg.openpgp.program=/bin/false", "gpg.x509.program=/bin/false",
            "gpg.ssh.program=\(SignatureVerifier.program)", "gpg.minTrustLevel=fully",
            "gpg.ssh.allowedSignersFile=\(files.allowedSigners)", "gpg.ssh.revocationFile=\(files.revokedKeys)",
        ]
        return command(keys.flatMap { ["-c", $0] } + ["verify-commit", commit.text])
    }

    func subject(_ commit: CommitID) -> HostCommand {
        command(["rev-list", "--max-count=1", "--no-commit-header", "--format=%s", commit.text])
    }

    func count(from old: CommitID, to new: CommitID) -> HostCommand {
        command(["rev-list", "--count", "\(old.text)..\(new.text)"])
    }

    /// Commits of HEAD that neither a branch of the remote has nor one of `others`, as far as those are still here.
    func localCommits(remote: RemoteName, besides others: [CommitID] = [], limit: Int) -> HostCommand {
        command(
            ["rev-list", "--max-count=\(limit)", "--ignore-missing", "HEAD", "--not", "--remotes=\(remote.text)"]
                + others.map(\.text))
    }

    /// What a ref is.
    func commit(ofRef ref: String) -> HostCommand { command(["rev-parse", "--verify", "--quiet", ref + "^{commit}"]) }

    /// What a ref was at one time after the other, newest first.
    func formerValues(ofRef ref: String, limit: Int) -> HostCommand {
        command(["log", "-g", "--max-count=\(limit)", "--format=%H", ref])
    }

    /// What a ref was `age` changes ago; for all changes that are known, what it was before them.
    func value(ofRef ref: String, before age: Int) -> HostCommand {
        command(["rev-parse", "--verify", "--quiet", "\(ref)@{\(age)}"])
    }

    /// Files that come, go or change their kind on the way from one commit to another.
    func appearances(from old: CommitID, to new: CommitID) -> HostCommand {
        command([
            "diff", "--name-status", "-z", "--no-renames", "--no-ext-diff", "--no-textconv", "--diff-filter=ADT",
            old.text, new.text,
        ])
    }

    /// Mode, kind, object, size and path of every file.
    func tree(of commit: CommitID) -> HostCommand { command(["ls-tree", "-r", "-l", "-z", commit.text]) }
}

// The remote.
extension GitCommands {
    /// `--upload-pack` because `remote.<name>.uploadpack` names a program.
    func lsRemote(_ remote: RemoteName, _ branch: BranchName, by transport: GitTransport) -> HostCommand {
        command(
            ["ls-remote", "--refs", "--upload-pack=git-upload-pack", remote.text, "refs/heads/" + branch.text],
            transport: transport)
    }

    /// One branch, and nothing else of what the repository's configuration would add: no other refs (`--refmap`), no tags,
    /// nothing pruned. No file that it writes may have more than `bytes`.
    func fetch(
        _ remote: RemoteName, _ branch: BranchName, by transport: GitTransport, atMost bytes: UInt64
    ) -> HostCommand {
        var fetch = command(
            [
                "fetch", "--no-tags", "--no-prune", "--no-recurse-submodules", "--no-write-fetch-head",
                "--no-auto-maintenance", "--no-write-commit-graph", "--no-progress", "--refmap=",
                "--upload-pack=git-upload-pack", remote.text,
                "+refs/heads/\(branch.text):\(Self.trackingRef(remote, branch))",
            ],
            transport: transport)
        fetch.fileSizeLimit = bytes
        return fetch
    }

    /// Where a remote's branch is kept.
    static func trackingRef(_ remote: RemoteName, _ branch: BranchName) -> String {
        "refs/remotes/\(remote.text)/\(branch.text)"
    }
}

// What changes the tree.
extension GitCommands {
    /// `--no-overwrite-ignore`: git would replace an ignored file without a word. `--no-squash` and `--commit`: what
    /// `branch.<name>.mergeOptions` says is read before.
    func fastForward(to commit: CommitID) -> HostCommand {
        command([
            "merge", "--ff-only", "--no-squash", "--commit", "--no-edit", "--no-stat", "--no-autostash",
            "--no-verify-signatures",
            "--no-overwrite-ignore", commit.text,
        ])
    }

    func resetKeeping(to commit: CommitID) -> HostCommand { command(["reset", "--keep", commit.text]) }

    func resetHard(to commit: CommitID) -> HostCommand { command(["reset", "--hard", "--quiet", commit.text]) }

    /// As the tree's owner, like all that writes into the tree: so no link in it can lead the agent's own rights elsewhere.
    func removeFiles(_ paths: [String]) -> HostCommand {
        HostCommand(
            executable: "/usr/bin/rm", arguments: ["-f", "--"] + paths, environment: ["LC_ALL": "C"],
            workingDirectory: directory.text, identity: account.identity, timeLimit: limits.local,
            outputLimit: limits.output, standardInput: lock.map { .inherited($0) } ?? .nothing)
    }
}
