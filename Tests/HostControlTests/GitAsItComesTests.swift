import DeployModel
import Glibc
import Synchronization
import Testing

@testable import HostControl

/// What is found in repositories that people and other gits have had their hands in.
@Suite struct GitAsItComesTests {
    private static let lockedRef = "refs/remotes/origin/main.lock"

    /// A second git in the same repository holds the ref while ours wants to move it.
    @Test func aRefThatIsHeldForAMomentIsWaitedFor() async throws {
        let fixture = try await GitFixture()
        let new = try await fixture.commit(["app.py": "two\n"], "Second")
        let lock = fixture.tree + "/.git/" + Self.lockedRef
        try fixture.write("", to: lock)
        let runner = BesideRunner { number in if number == 2 { unlink(lock) } }
        try await fixture.repository(runner: runner).fetch(GitFixture.main, atMost: GitFixture.room)
        #expect(try await fixture.repository().isAncestor(new, of: GitFixture.main))
    }

    @Test func aRefThatStaysHeldIsSaidToBe() async throws {
        let fixture = try await GitFixture()
        try await fixture.commit(["app.py": "two\n"], "Second")
        try fixture.write("", to: fixture.tree + "/.git/" + Self.lockedRef)
        let error = await #expect(throws: HostError.self) {
            try await fixture.repository().fetch(GitFixture.main, atMost: GitFixture.room)
        }
        guard case .refLocked(_, "refs/remotes/origin/main", let said) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(said.contains(Self.lockedRef))
    }

    /// Half a pack would stay for ever: nothing but gc looks at it, and nobody runs that on a host.
    @Test func whatAFailedFetchBroughtIsRemovedAndNothingElse() async throws {
        let fixture = try await GitFixture()
        let state = try TemporaryFolder()
        var noise: UInt64 = 1
        let large = (0..<300_000).map { _ -> String in
            noise = noise &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return String(UnicodeScalar(UInt8(33 + (noise >> 33) % 90)))
        }
        try await fixture.commit(["large.bin": large.joined()], "Large")
        let folder = fixture.tree + "/.git/objects/pack"
        try fixture.write("", to: folder + "/tmp_pack_before")
        let lock = try PathLock.take(CanonicalPath(fixture.tree), stateDirectory: state.path)
        // Somebody else's git begins to receive at the same time.
        let other = Mutex<Int32>(-1)
        let runner = BesideRunner { _ in
            other.withLock { $0 = open(folder + "/tmp_pack_other", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600) }
        }
        await #expect(throws: HostError.fetchTooLarge(path: fixture.tree, bytes: 100_000)) {
            try await fixture.repository(lock: lock, runner: runner).fetch(GitFixture.main, atMost: 100_000)
        }
        let left = Set(try ProcFile(path: folder).names() ?? []).filter { $0.hasPrefix("tmp_") }
        #expect(left == ["tmp_pack_before", "tmp_pack_other"])
        _ = other.withLock { close($0) }
        try await fixture.repository(lock: lock).fetch(GitFixture.main, atMost: GitFixture.room)
    }

    @Test func aCheckoutThatWasCutShortIsUndone() async throws {
        let fixture = try await GitFixture()
        let repository = try fixture.repository()
        let old = try #require(try await repository.head())
        let new = try await fixture.commit(["app.py": "two\n", "deep/new.py": "n\n", "lib": nil], "Second")
        try await repository.fetch(GitFixture.main, atMost: GitFixture.room)
        try fixture.write("t", to: fixture.tree + "/app.py")
        unlink(fixture.tree + "/lib/part.py")
        try fixture.folder.folder("tree/deep")
        try fixture.write("n", to: fixture.tree + "/deep/new.py")
        try fixture.write("mine\n", to: fixture.tree + "/untracked")
        try await repository.undo(from: new, to: old)
        #expect(try fixture.read("app.py") == "one\n")
        #expect(try fixture.read("lib/part.py") == "part\n")
        #expect(
            try await repository.status()
                == TreeStatus(head: old, branch: GitFixture.main, changed: [], untracked: ["untracked"]))
        #expect(try await repository.head() == old)
    }

    /// Somebody's git takes the index in just the moment in which ours begins.
    @Test func aCheckoutThatChangedNothingIsTriedAgain() async throws {
        let fixture = try await GitFixture()
        let new = try await fixture.commit(["app.py": "two\n"], "Second")
        try await fixture.repository().fetch(GitFixture.main, atMost: GitFixture.room)
        let lock = fixture.tree + "/.git/index.lock"
        let runner = BesideRunner(verb: "merge") { number in
            if number == 1 { close(open(lock, O_WRONLY | O_CREAT, 0o600)) }
        } afterwards: {
            unlink(lock)
        }
        try await fixture.repository(runner: runner).fastForward(to: new)
        #expect(runner.count == 2)
        #expect(try fixture.read("app.py") == "two\n")
    }

    @Test func aLockThatAProcessHasOpenIsNotStale() async throws {
        let fixture = try await GitFixture()
        let state = try TemporaryFolder()
        let path = fixture.tree + "/.git/index.lock"
        // Opened by the other process itself: what this one opens, its children have too until they execute something.
        let holder = try sleeper(withOpen: path)
        let lock = try PathLock.take(CanonicalPath(fixture.tree), stateDirectory: state.path)
        let repository = try fixture.repository(lock: lock)
        let error = await #expect(throws: HostError.self) {
            try await repository.removeStaleLocks(fetched: GitFixture.main, patience: .zero)
        }
        #expect(error?.description.contains("pid \(holder) (") == true, "\(String(describing: error))")
        #expect(access(path, F_OK) == 0)
        kill(holder, SIGKILL)
        waitpid(holder, nil, 0)
        #expect(try await repository.removeStaleLocks(fetched: GitFixture.main, patience: .zero) == ["index.lock"])
    }

    /// A process that has a new file open for writing, and does nothing.
    private func sleeper(withOpen path: String) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 3, path, O_WRONLY | O_CREAT, 0o600)
        var pid: pid_t = 0
        let arguments = [strdup("sleep"), strdup("600"), nil]
        defer { for argument in arguments { free(argument) } }
        let code = posix_spawn(&pid, "/bin/sleep", &actions, nil, arguments, nil)
        try #require(code == 0, "posix_spawn: \(code)")
        return pid
    }

    /// What a branch had before it was rewritten came from the remote, whoever has deployed it since.
    @Test(arguments: [false, true]) func commitsOfARewrittenBranchAreNotLocal(hasFetched: Bool) async throws {
        let fixture = try await GitFixture()
        let repository = try fixture.repository()
        if hasFetched {
            let second = try await fixture.commit(["app.py": "two\n"], "Second")
            try await repository.fetch(GitFixture.main, atMost: GitFixture.room)
            try await repository.fastForward(to: second)
        }
        try await fixture.git(["commit", "-q", "--amend", "-m", "Rewritten"], in: fixture.work)
        try await fixture.git(["push", "-q", "-f", "origin", "HEAD"], in: fixture.work)
        try await repository.fetch(GitFixture.main, atMost: GitFixture.room)
        #expect(try await repository.localCommits(GitFixture.main, limit: 5).isEmpty)
        let local = try await fixture.commit(["local.py": "l\n"], "Local", in: fixture.tree)
        #expect(try await repository.localCommits(GitFixture.main, limit: 5) == [local])
    }

    @Test func aBranchThatWasNeverFetchedHasNoCommits() async throws {
        let fixture = try await GitFixture()
        let head = try #require(try await fixture.repository().head())
        #expect(try await !fixture.repository().isAncestor(head, of: BranchName("absent")))
        // One that was, and of which no reflog is kept, has.
        _ = try await CommandRunner().succeed(.test("/usr/bin/rm", ["-rf", fixture.tree + "/.git/logs"]))
        #expect(try await fixture.repository().isAncestor(head, of: GitFixture.main))
    }

    @Test func whatACheckoutWritesIsCounted() async throws {
        let fixture = try await GitFixture()
        let repository = try fixture.repository()
        let old = try #require(try await repository.head())
        let new = try await fixture.commit(["app.py": "three\n", "more.py": "1234567890", "lib": nil], "Second")
        try await repository.fetch(GitFixture.main, atMost: GitFixture.room)
        #expect(try await repository.checkout(from: old, to: new).bytes == 16)
        #expect(try await repository.checkout(from: new, to: old).bytes == 9)
    }

    @Test func configurationOfEveryPlaceCounts() async throws {
        let fixture = try await GitFixture()
        let repository = try fixture.repository()
        try await fixture.git(["config", "filter.off.smudge", ""], in: fixture.tree)
        try await fixture.git(["config", "http.https://example.org/.sslVerify", "true"], in: fixture.tree)
        #expect(try await repository.specialities().isPlain)
        try await fixture.git(["config", "extensions.worktreeConfig", "true"], in: fixture.tree)
        for (key, value) in [("core.sparseCheckout", "true"), ("filter.A b.smudge", "cat")] {
            try await fixture.git(["config", "--worktree", key, value], in: fixture.tree)
        }
        try fixture.write(
            "[hook \"x\"]\n\tcommand = y\n[http \"https://example.org/\"]\n\tsslVerify = no\n",
            to: fixture.tree + "/.git/more")
        try await fixture.git(["config", "include.path", "more"], in: fixture.tree)
        let found = try await repository.specialities()
        #expect(found.isSparse)
        #expect(Set(found.programs) == ["filter.A b.smudge", "hook.x.command"])
        #expect(found.unchecked == ["http.https://example.org/.sslverify"])
    }

    /// Keys that would change what a command does, or how it answers.
    @Test func noKeyChangesWhatACommandMeans() async throws {
        let fixture = try await GitFixture()
        for (key, value) in [
            ("branch.main.mergeOptions", "--squash --no-commit"), ("merge.ff", "false"), ("color.ui", "always"),
            ("column.ui", "always"), ("diff.noprefix", "true"), ("log.follow", "true"), ("log.date", "human"),
            ("log.showRoot", "true"), ("status.showUntrackedFiles", "no"), ("status.branch", "true"),
            ("core.quotePath", "true"), ("core.ignoreStat", "true"), ("fetch.fsckObjects", "false"),
            ("remote.origin.fetch", "+refs/heads/*:refs/heads/*"), ("remote.origin.tagOpt", "--tags"),
        ] { try await fixture.git(["config", key, value], in: fixture.tree) }
        let repository = try fixture.repository()
        let new = try await fixture.commit(["app.py": "two\n"], "Second")
        try await repository.fetch(GitFixture.main, atMost: GitFixture.room)
        try await repository.fastForward(to: new)
        #expect(try await repository.head() == new)
        #expect(try await repository.status().isClean)
        #expect(try await repository.reflog(limit: 1).map(\.commit) == [new])
        try fixture.write("mine\n", to: fixture.tree + "/mine")
        try fixture.write("changed\n", to: fixture.tree + "/app.py")
        #expect(
            try await repository.status()
                == TreeStatus(head: new, branch: GitFixture.main, changed: ["app.py"], untracked: ["mine"]))
    }

    /// `transfer.fsckObjects`, and the key that a repository could set in its way.
    @Test func brokenObjectsAreNotTaken() async throws {
        let fixture = try await GitFixture()
        try await fixture.git(["config", "fetch.fsckObjects", "false"], in: fixture.tree)
        let head = try await fixture.git(["rev-parse", "HEAD"], in: fixture.work)
        let tree = try await fixture.git(["rev-parse", "HEAD^{tree}"], in: fixture.work)
        try fixture.write("tree \(tree)\nparent \(head)\nauthor no date\n\nx\n", to: fixture.work + "/commit")
        let broken = try await fixture.git(
            ["hash-object", "-t", "commit", "-w", "--literally", "commit"], in: fixture.work)
        try await fixture.git(["push", "-q", "origin", "\(broken):refs/heads/main"], in: fixture.work)
        let error = await #expect(throws: HostError.self) {
            try await fixture.repository().fetch(GitFixture.main, atMost: GitFixture.room)
        }
        #expect(error?.description.contains("\(broken.prefix(40))") == true, "\(String(describing: error))")
        #expect(try await !fixture.repository().exists(CommitID(broken)))
    }

    @Test func aPasswordInTheAddressIsNotTold() async throws {
        let fixture = try await GitFixture()
        let said = Mutex<[String]>([])
        for url in ["https://user:s3cret@127.0.0.1:1/a.git", "ssh://user:s3cret@127.0.0.1:1/a.git"] {
            try await fixture.git(["remote", "set-url", "origin", url], in: fixture.tree)
            let repository = GitRepository(
                at: try CanonicalPath(fixture.tree), account: try UserAccount.withID(geteuid()),
                remote: GitFixture.remote, lock: nil, limits: GitFixture.limits, runner: CommandRunner(),
                onLine: { line in said.withLock { $0.append(line.text) } })
            let looked = await #expect(throws: HostError.self) { try await repository.lsRemote(GitFixture.main) }
            let fetched = await #expect(throws: HostError.self) {
                try await repository.fetch(GitFixture.main, atMost: GitFixture.room)
            }
            for error in [looked, fetched] {
                #expect(error?.description.contains("127.0.0.1") == true, "\(String(describing: error))")
                #expect(error?.description.contains("s3cret") == false, "\(String(describing: error))")
            }
        }
        #expect(!said.withLock { $0 }.joined().contains("s3cret"))
    }
}

/// Runs commands really, and does something just before, or after, each git command with a given verb.
private final class BesideRunner: CommandRunning {
    private let verb: String
    private let before: @Sendable (Int) -> Void
    private let afterwards: @Sendable () -> Void
    private let seen = Mutex(0)

    /// How many such commands there were.
    var count: Int { seen.withLock { $0 } }

    init(
        verb: String = "fetch", _ before: @escaping @Sendable (Int) -> Void,
        afterwards: @escaping @Sendable () -> Void = {}
    ) {
        self.verb = verb
        self.before = before
        self.afterwards = afterwards
    }

    func run(
        _ command: HostCommand, onLine: (@Sendable (OutputLine) -> Void)?
    ) async throws(HostError) -> CommandResult {
        guard command.arguments.dropFirst(command.usualArguments).first == verb else {
            return try await CommandRunner().run(command, onLine: onLine)
        }
        let number = seen.withLock { seen in
            seen += 1
            return seen
        }
        before(number)
        defer { afterwards() }
        return try await CommandRunner().run(command, onLine: onLine)
    }
}
