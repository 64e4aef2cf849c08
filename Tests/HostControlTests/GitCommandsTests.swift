import DeployModel
import SystemPackage
import Testing

@testable import HostControl

@Suite struct GitCommandsTests {
    let commands = GitCommands(
        directory: CanonicalPath(accepted: "/srv/tree"),
        account: UserAccount(
            name: "qt", home: "/home/qt", identity: ProcessIdentity(uid: 1000, gid: 1000, supplementaryGroups: [27])),
        limits: GitLimits(local: .seconds(30), network: .seconds(120), output: 1000),
        lock: FileDescriptor(rawValue: 9))
    let remote = RemoteName(accepted: "origin")
    let branch = BranchName(accepted: "release/1")
    let old = CommitID(accepted: String(repeating: "a", count: 40))
    let new = CommitID(accepted: String(repeating: "b", count: 40))

    @Test func everyCommandIsHardenedAndRunsAsTheOwnerUnderTheLock() {
        let hardened = ["--no-pager"] + GitEnvironment.configuration.flatMap { ["-c", $0] }
        for command in everyCommand {
            #expect(command.executable == "/usr/bin/git")
            #expect(Array(command.arguments.prefix(hardened.count)) == hardened)
            #expect(command.workingDirectory == "/srv/tree")
            #expect(command.identity?.uid == 1000)
            #expect(command.standardInput == .inherited(FileDescriptor(rawValue: 9)))
            #expect(command.outputLimit == 1000)
            #expect(!command.arguments.contains("safe.directory=*"))
        }
    }

    @Test func onlyTheRemotesCommandsMayUseTheNetwork() {
        for command in everyCommand {
            let isRemote = ["fetch", "ls-remote"].contains(verb(command).first)
            #expect(command.timeLimit == (isRemote ? .seconds(120) : .seconds(30)))
            #expect(command.environment["GIT_ALLOW_PROTOCOL"] == (isRemote ? "ssh" : "none"))
        }
    }

    @Test func theEnvironmentIsFixed() {
        #expect(
            commands.head().environment == [
                "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/home/qt", "USER": "qt", "LOGNAME": "qt",
                "LC_ALL": "C", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_ATTR_NOSYSTEM": "1",
                "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "/bin/false", "GIT_EDITOR": "/bin/false", "GIT_PAGER": "cat",
                "GIT_SSH_COMMAND": GitEnvironment.ssh, "GIT_SSH_VARIANT": "ssh", "GIT_PROXY_COMMAND": "",
                "GIT_ALLOW_PROTOCOL": "none", "GIT_NO_REPLACE_OBJECTS": "1", "GIT_NO_LAZY_FETCH": "1",
                "GIT_GRAFT_FILE": "/dev/null/none", "GIT_OPTIONAL_LOCKS": "0",
            ])
        #expect(GitEnvironment.ssh.hasPrefix("ssh -F /dev/null -o BatchMode=yes -o StrictHostKeyChecking=yes "))
        for key in [
            "core.hooksPath=/dev/null", "core.fsmonitor=false", "core.fsync=all", "core.fsyncMethod=fsync",
            "credential.helper=", "gc.auto=0", "fetch.fsckObjects=true",
        ] {
            #expect(GitEnvironment.configuration.contains(key))
        }
    }

    @Test func theRepositoryIsAskedThis() {
        compare([
            (commands.place(), ["rev-parse", "--show-toplevel", "--absolute-git-dir", "--is-shallow-repository"]),
            (commands.position(), ["rev-parse", "HEAD^{commit}", "--symbolic-full-name", "HEAD"]),
            (commands.gitDirectory(), ["rev-parse", "--absolute-git-dir"]),
            (commands.head(), ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]),
            (commands.branch(), ["symbolic-ref", "--quiet", "HEAD"]),
            (
                commands.status(),
                [
                    "status", "--porcelain=v2", "--branch", "--no-ahead-behind", "-z", "--untracked-files=normal",
                    "--ignore-submodules=none", "--no-renames",
                ]
            ),
            (commands.trackedFiles(), ["ls-files", "-z", "-v", "--stage"]),
            (commands.lfsFiles(), ["ls-files", "-z", ":(attr:filter=lfs)"]),
            (
                commands.specialKeys(),
                [
                    "config", "--includes", "-z", "--get-regexp",
                    #"^(core\.sparsecheckout|extensions\.partialclone|remote\..*\.promisor|filter\..*"#
                        + #"|hook\..*\.command|http\..*\.sslverify)$"#,
                ]
            ),
            (commands.remoteURL(remote), ["remote", "get-url", "origin"]),
            (
                commands.reflog(limit: 3),
                ["log", "-g", "-z", "--max-count=3", "--date=unix", "--format=%H %gd", "HEAD"]
            ),
        ])
    }

    @Test func commitsAreAskedForThus() {
        let a = old.text
        let b = new.text
        compare([
            (commands.exists(old), ["cat-file", "-e", a + "^{commit}"]),
            (commands.isAncestor(old, ofRef: "refs/x"), ["merge-base", "--is-ancestor", a, "refs/x"]),
            (commands.subject(old), ["rev-list", "--max-count=1", "--no-commit-header", "--format=%s", a]),
            (commands.count(from: old, to: new), ["rev-list", "--count", "\(a)..\(b)"]),
            (
                commands.localCommits(remote: remote, limit: 7),
                ["rev-list", "--max-count=7", "--ignore-missing", "HEAD", "--not", "--remotes=origin"]
            ),
            (
                commands.appearances(from: old, to: new),
                [
                    "diff", "--name-status", "-z", "--no-renames", "--no-ext-diff", "--no-textconv",
                    "--diff-filter=ADT", a, b,
                ]
            ),
            (commands.tree(of: new), ["ls-tree", "-r", "-l", "-z", b]),
        ])
    }

    @Test func theRemoteAndTheTreeAreHandledThus() {
        let b = new.text
        compare([
            (
                commands.lsRemote(remote, branch, by: .ssh),
                ["ls-remote", "--refs", "--upload-pack=git-upload-pack", "origin", "refs/heads/release/1"]
            ),
            (
                commands.fetch(remote, branch, by: .ssh, atMost: 1 << 30),
                [
                    "fetch", "--no-tags", "--no-prune", "--no-recurse-submodules", "--no-write-fetch-head",
                    "--no-auto-maintenance", "--no-write-commit-graph", "--no-progress", "--refmap=",
                    "--upload-pack=git-upload-pack", "origin",
                    "+refs/heads/release/1:refs/remotes/origin/release/1",
                ]
            ),
            (
                commands.fastForward(to: new),
                [
                    "merge", "--ff-only", "--no-squash", "--commit", "--no-edit", "--no-stat", "--no-autostash",
                    "--no-verify-signatures",
                    "--no-overwrite-ignore", b,
                ]
            ),
            (commands.resetKeeping(to: new), ["reset", "--keep", b]),
            (commands.resetHard(to: new), ["reset", "--hard", "--quiet", b]),
        ])
    }

    private func compare(_ expected: [(HostCommand, [String])]) {
        for (command, arguments) in expected { #expect(verb(command) == arguments) }
    }

    @Test func theIndexLockIsRemovedAsTheOwner() {
        let command = commands.removeFiles(["/srv/tree/.git/index.lock"])
        #expect(command.executable == "/usr/bin/rm")
        #expect(command.arguments == ["-f", "--", "/srv/tree/.git/index.lock"])
        #expect(command.identity?.uid == 1000)
    }

    private func verb(_ command: HostCommand) -> [String] {
        Array(command.arguments.dropFirst(1 + 2 * GitEnvironment.configuration.count))
    }

    private var everyCommand: [HostCommand] {
        [
            commands.place(), commands.position(), commands.gitDirectory(), commands.head(), commands.branch(),
            commands.status(),
            commands.trackedFiles(), commands.lfsFiles(), commands.specialKeys(),
            commands.remoteURL(remote), commands.reflog(limit: 3), commands.exists(old),
            commands.isAncestor(old, ofRef: "refs/x"), commands.subject(old), commands.count(from: old, to: new),
            commands.localCommits(remote: remote, limit: 7), commands.appearances(from: old, to: new),
            commands.tree(of: new), commands.lsRemote(remote, branch, by: .ssh),
            commands.fetch(remote, branch, by: .ssh, atMost: 1 << 30), commands.fastForward(to: new),
            commands.resetKeeping(to: new),
            commands.resetHard(to: new),
        ]
    }
}

@Suite struct RemoteURLTests {
    @Test(arguments: [
        ("https://example.org/a.git", GitTransport.https), ("ssh://git@example.org/a.git", .ssh),
        ("git@example.org:a/b.git", .ssh), ("example.org:a.git", .ssh), ("git://origin/origin.git", .git),
        ("file:///srv/a.git", .file), ("/srv/a.git", .file), ("/srv/a:b.git", .file),
    ])
    func theTransportIsRead(text: String, transport: GitTransport) {
        #expect(RemoteURL(text)?.transport == transport)
    }

    @Test(arguments: [
        "", "ext::sh -c true", "fd::3", "http://example.org/a", "ftp://example.org/a", "HTTPS://example.org/a",
        "relative/a.git", "-oProxyCommand=x:y", "https://example.org/\n", "foo::https://example.org/a", "://x",
        "evil://x",
    ])
    func whatIsNotOnTheListIsRefused(text: String) { #expect(RemoteURL(text) == nil) }

    @Test func passwordsAreNeverShown() throws {
        let secret = try #require(RemoteURL("https://user:s3cret@example.org/a@b.git"))
        #expect(secret.hasSecret)
        #expect(secret.shown == "https://***@example.org/a@b.git")
        let token = try #require(RemoteURL("https://ghp_token@example.org/a.git"))
        #expect(token.shown == "https://***@example.org/a.git")
        for plain in ["git@example.org:a.git", "ssh://git@example.org/a", "https://example.org/a@b"] {
            let url = try #require(RemoteURL(plain))
            #expect(!url.hasSecret)
            #expect(url.shown == plain)
        }
        #expect(try #require(RemoteURL("ssh://git:pw@example.org/a")).shown == "ssh://***@example.org/a")
    }
}

@Suite struct GitAnswersTests {
    @Test func aStatusWithEveryKindOfRecord() throws {
        let records = [
            "# branch.oid \(String(repeating: "a", count: 40))", "# branch.head main", "# branch.ab +? -?",
            "1 .M N... 100644 100644 100644 aa bb a b",
            "2 R. N... 100644 100644 100644 aa bb R100 new",
            "old", "u UU N... 1 1 1 1 a b c both", "? un tracked", "! ignored",
        ]
        let status = try #require(TreeStatus(porcelain: Array(records.joined(separator: "\0").utf8)))
        #expect(
            status
                == TreeStatus(
                    head: try CommitID(String(repeating: "a", count: 40)), branch: GitFixture.main,
                    changed: ["a b", "new", "both"], untracked: ["un tracked"]))
    }

    @Test(arguments: [
        ("(initial)", "main", true), ("(initial)", "(detached)", true), ("x", "main", false),
        ("(initial)", "a b", false), ("(initial)", "a..b", false),
    ]) func whatIsCheckedOut(oid: String, name: String, isTaken: Bool) {
        let status = TreeStatus(porcelain: Array("# branch.oid \(oid)\0# branch.head \(name)\0".utf8))
        #expect((status != nil) == isTaken)
        #expect(status?.head == nil && (status?.branch?.text ?? "(detached)" == name || !isTaken))
    }

    @Test(arguments: ["", "# branch.head main", "x", "1 .M", "2 R. N... 1 1 1 a b R100 new", "?", "u a b"])
    func anOddStatusIsRefused(text: String) { #expect(TreeStatus(porcelain: Array(text.utf8)) == nil) }

    @Test(arguments: ["", "H 100644 aa", "HH 100644 aa 0\tx", "H 100644 aa 0 x"])
    func oddTrackedFilesAreRefused(text: String) {
        var found = TreeSpecialities()
        #expect(found.add(trackedFiles: Array(text.utf8)) == text.isEmpty)
    }

    @Test(arguments: ["", "x", "aa HEAD@{1}", String(repeating: "a", count: 40) + " HEAD@{now}"])
    func anOddReflogIsRefused(text: String) { #expect(ReflogEntry(text) == nil) }

    @Test(arguments: [["A"], ["M", "x"], ["A", "x", "D"]])
    func anOddDiffIsRefused(records: [String]) {
        #expect(Obstruction(nameStatus: Array(records.joined(separator: "\0").utf8)) == nil)
    }

    @Test func whatTheCheckoutReplacesIsNotInTheWay() throws {
        let diff = ["A", "dir/file", "D", "dir", "A", "flat", "D", "flat/part", "A", "free"].joined(separator: "\0")
        let obstruction = try #require(Obstruction(nameStatus: Array(diff.utf8)))
        #expect(obstruction.paths { ["dir": .other, "flat": .directory][$0] ?? .nothing }.isEmpty)
        #expect(obstruction.paths { ["dir": .directory, "dir/file": .other][$0] ?? .nothing } == ["dir/file"])
        #expect(obstruction.paths { ["free": .directory][$0] ?? .nothing } == ["free"])
    }

    @Test func answersOutsideTheManualAreErrors() async throws {
        func repository(_ output: String, code: Int32 = 0) throws -> GitRepository {
            GitRepository(
                at: try CanonicalPath("/srv/tree"),
                account: UserAccount(
                    name: "qt", home: "/", identity: ProcessIdentity(uid: 1, gid: 1, supplementaryGroups: [])),
                remote: GitFixture.remote, lock: nil, limits: GitFixture.limits,
                runner: ScriptedRunner(output: output, code: code))
        }
        await #expect(throws: HostError.self) { try await repository("refs/tags/x\n").branch() }
        await #expect(throws: HostError.self) { try await repository("refs/heads/a b\n").branch() }
        await #expect(throws: HostError.self) { try await repository("", code: 128).branch() }
        await #expect(throws: HostError.self) { try await repository("", code: 128).head() }
        await #expect(throws: HostError.self) { try await repository("nonsense").status() }
        await #expect(throws: HostError.self) { try await repository("/srv/tree\nfalse\n").place() }
        await #expect(throws: HostError.self) { try await repository("abc\n").localCommits(GitFixture.main, limit: 1) }
        let one = try CommitID(String(repeating: "1", count: 40))
        await #expect(throws: HostError.self) { try await repository("many\n").commitCount(from: one, to: one) }
        await #expect(throws: HostError.self) { try await repository("", code: 129).exists(one) }
    }
}
