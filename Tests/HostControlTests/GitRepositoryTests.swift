import DeployModel
import Glibc
import Testing

@testable import HostControl

@Suite struct GitRepositoryTests {
    @Test func itSeesACleanClone() async throws {
        let fixture = try await GitFixture()
        let repository = try fixture.repository()
        let head = try await CommitID(fixture.git(["rev-parse", "HEAD"], in: fixture.tree))
        #expect(try await repository.place().root == fixture.tree)
        #expect(try await repository.gitDirectory() == fixture.tree + "/.git")
        #expect(try await repository.head() == head)
        #expect(try await repository.branch() == GitFixture.main)
        let position = try await repository.position()
        #expect(position.head == head && position.branch == GitFixture.main)
        #expect(
            try await repository.status() == TreeStatus(head: head, branch: GitFixture.main, changed: [], untracked: [])
        )
        #expect(try await repository.specialities().isPlain)
        #expect(try await repository.subject(of: head) == "First")
        #expect(try await repository.remoteURL().transport == .file)
        #expect(try await repository.localCommits(GitFixture.main, limit: 10).isEmpty)
        #expect(try await repository.reflog(limit: 5).map(\.commit) == [head])
        #expect(try await repository.checkout(from: head, to: head) == CheckoutSize())
        try await repository.requireNoIndexLock(patience: .zero)
    }

    @Test func outsideOfAWorkTreeIsSaidByName() async throws {
        let folder = try TemporaryFolder()
        let repository = GitRepository(
            at: try folder.canonical, account: try UserAccount.withID(geteuid()), remote: GitFixture.remote, lock: nil,
            limits: GitFixture.limits, runner: CommandRunner())
        let error = await #expect(throws: HostError.self) { try await repository.place() }
        guard case .notAWorkTree(let path, let said) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(path == folder.path)
        #expect(said.contains("not a git repository"))
    }

    @Test func aFolderInsideShowsTheRoot() async throws {
        let fixture = try await GitFixture()
        let repository = GitRepository(
            at: try CanonicalPath(fixture.tree + "/lib"), account: try UserAccount.withID(geteuid()),
            remote: GitFixture.remote, lock: nil, limits: GitFixture.limits, runner: CommandRunner())
        #expect(try await repository.place().root == fixture.tree)
    }

    @Test(.enabled(if: isRoot, "needs root to switch users"))
    func anothersTreeIsRefusedByGitItself() async throws {
        let fixture = try await GitFixture()
        let nobody = try UserAccount.named("nobody")
        let repository = GitRepository(
            at: try CanonicalPath(fixture.tree), account: nobody, remote: GitFixture.remote, lock: nil,
            limits: GitFixture.limits, runner: CommandRunner())
        let error = await #expect(throws: HostError.self) { try await repository.place() }
        #expect(error?.description.contains("is not a git work tree") == true)
    }

    @Test func anEmptyRepositoryHasNoHead() async throws {
        let fixture = try await GitFixture()
        try await fixture.git(["checkout", "-q", "--orphan", "fresh"], in: fixture.tree)
        #expect(try await fixture.repository().head() == nil)
        #expect(try await fixture.repository().branch() == BranchName("fresh"))
        let status = try await fixture.repository().status()
        #expect(try status.head == nil && status.branch == BranchName("fresh"))
        #expect(try await fixture.repository().position().head == nil)
    }

    @Test func aDetachedHeadHasNoBranch() async throws {
        let fixture = try await GitFixture()
        try await fixture.git(["checkout", "-q", "--detach"], in: fixture.tree)
        let repository = try fixture.repository()
        #expect(try await repository.branch() == nil)
        let head = try #require(try await repository.head())
        let (status, position) = (try await repository.status(), try await repository.position())
        #expect(status.branch == nil && status.head == head && position.branch == nil && position.head == head)
    }

    @Test func changesAndUntrackedFilesAreToldApart() async throws {
        let fixture = try await GitFixture()
        try fixture.write("changed\n", to: fixture.tree + "/app.py")
        try fixture.write("x", to: fixture.tree + "/new file")
        try fixture.write("*.log\n", to: fixture.tree + "/.gitignore")
        try fixture.write("x", to: fixture.tree + "/ignored.log")
        try await fixture.git(["mv", "lib/part.py", "lib/p art.py"], in: fixture.tree)
        let status = try await fixture.repository().status()
        #expect(Set(status.changed) == ["app.py", "lib/part.py", "lib/p art.py"])
        #expect(Set(status.untracked) == ["new file", ".gitignore"])
        #expect(!status.isClean)
    }

    @Test func lookingTakesNoLockAndWritesNothing() async throws {
        let fixture = try await GitFixture()
        try fixture.write("", to: fixture.tree + "/.git/index.lock")
        let repository = try fixture.repository()
        #expect(try await repository.status().isClean)
        await #expect(throws: HostError.gitLocked(lock: fixture.tree + "/.git/index.lock", holder: nil)) {
            try await repository.requireNoIndexLock(patience: .zero)
        }
    }

    @Test func theRemoteIsAskedAndFetched() async throws {
        let fixture = try await GitFixture()
        let repository = try fixture.repository()
        let old = try #require(try await repository.head())
        try await fixture.git(["tag", "v1"], in: fixture.work)
        try await fixture.git(["push", "-q", "origin", "v1", "HEAD:refs/heads/x/refs/heads/main"], in: fixture.work)
        let new = try await fixture.commit(["app.py": "two\n"], "Second\n\nBody")
        try await fixture.git(["push", "-q", "origin", "HEAD:refs/heads/other"], in: fixture.work)

        #expect(try await repository.lsRemote(GitFixture.main) == new)
        #expect(try await repository.lsRemote(BranchName("absent")) == nil)
        #expect(try await !repository.exists(new))
        let refs = ["for-each-ref", "--format=%(refname) %(objectname)", "refs/heads", "refs/tags", "refs/remotes"]
        try await fixture.git(["remote", "set-head", "origin", "--delete"], in: fixture.tree)
        try await repository.fetch(GitFixture.main, atMost: GitFixture.room)
        #expect(try await repository.exists(new))
        let found = try await fixture.git(refs, in: fixture.tree)
        #expect(found == "refs/heads/main \(old)\nrefs/remotes/origin/main \(new)")
        #expect(access(fixture.tree + "/.git/FETCH_HEAD", F_OK) != 0)

        #expect(try await repository.isAncestor(new, of: GitFixture.main))
        #expect(try await repository.isAncestor(old, of: new))
        #expect(try await !repository.isAncestor(new, of: old))
        #expect(try await repository.commitCount(from: old, to: new) == 1)
        #expect(try await repository.subject(of: new) == "Second")
        #expect(try await repository.head() == old, "the tree was not touched")
    }

    @Test func aCommitThatIsNotOnTheBranchIsNoAncestor() async throws {
        let fixture = try await GitFixture()
        try await fixture.git(["checkout", "-q", "-b", "side"], in: fixture.work)
        let side = try await fixture.commit(["side.py": "s\n"], "Side")
        let repository = try fixture.repository()
        try await repository.fetch(BranchName("side"), atMost: GitFixture.room)
        #expect(try await repository.exists(side))
        #expect(try await !repository.isAncestor(side, of: GitFixture.main))
    }

    @Test func anUnknownCommitDoesNotExist() async throws {
        let fixture = try await GitFixture()
        let none = try CommitID(String(repeating: "0", count: 39) + "1")
        #expect(try await !fixture.repository().exists(none))
        await #expect(throws: HostError.self) { try await fixture.repository().subject(of: none) }
        await #expect(throws: HostError.self) { try await fixture.repository().fastForward(to: none) }
    }

    @Test func failuresOfTheRemoteAreErrors() async throws {
        let fixture = try await GitFixture()
        let upstream = try RemoteName("upstream")
        await #expect(throws: HostError.noSuchRemote(path: fixture.tree, remote: "upstream")) {
            try await fixture.repository(remote: upstream).remoteURL()
        }
        await #expect(throws: HostError.self) {
            try await fixture.repository().fetch(BranchName("absent"), atMost: GitFixture.room)
        }
        try await fixture.git(["remote", "set-url", "origin", "ext::sh -c touch% ran"], in: fixture.tree)
        await #expect(
            throws: HostError.transportRefused(path: fixture.tree, remote: "origin", url: "ext::sh -c touch% ran...")
        ) {
            try await fixture.repository().fetch(GitFixture.main, atMost: GitFixture.room)
        }
        try await fixture.git(["remote", "set-url", "origin", fixture.folder.file("gone.git")], in: fixture.tree)
        await #expect(throws: HostError.self) { try await fixture.repository().lsRemote(GitFixture.main) }
    }

    @Test func forwardAndBack() async throws {
        let fixture = try await GitFixture()
        let repository = try fixture.repository()
        let old = try #require(try await repository.head())
        let new = try await fixture.commit(["app.py": "two\n", "more.py": "m\n"], "Second")
        try await repository.fetch(GitFixture.main, atMost: GitFixture.room)
        try await repository.fastForward(to: new)
        #expect(try await repository.head() == new)
        #expect(try await repository.branch() == GitFixture.main)
        let position = try await repository.position()
        #expect(position.head == new && position.branch == GitFixture.main)
        #expect(try fixture.read("app.py") == "two\n")
        try await repository.resetKeeping(to: old)
        #expect(try await repository.head() == old)
        #expect(try fixture.read("app.py") == "one\n")
        #expect(try fixture.read("more.py") == nil)
        #expect(try await repository.reflog(limit: 10).map(\.commit) == [old, new, old])
        #expect(try await repository.status().isClean)
    }

    @Test func localWorkIsNeverLost() async throws {
        let fixture = try await GitFixture()
        let repository = try fixture.repository()
        let old = try #require(try await repository.head())
        let new = try await fixture.commit(["app.py": "two\n"], "Second")
        try await repository.fetch(GitFixture.main, atMost: GitFixture.room)

        try fixture.write("mine\n", to: fixture.tree + "/app.py")
        await #expect(throws: HostError.self) { try await repository.fastForward(to: new) }
        await #expect(throws: HostError.self) { try await repository.resetKeeping(to: new) }
        #expect(try fixture.read("app.py") == "mine\n")
        #expect(try await repository.head() == old)

        let local = try await fixture.commit(["local.py": "l\n"], "Local", in: fixture.tree)
        #expect(try await repository.localCommits(GitFixture.main, limit: 10) == [local])
        await #expect(throws: HostError.self) { try await repository.fastForward(to: new) }
        #expect(try await repository.head() == local)
    }

    @Test func recoveryMakesTheTreeOneCommit() async throws {
        let fixture = try await GitFixture()
        let state = try TemporaryFolder()
        let head = try #require(try await fixture.repository().head())
        try fixture.write("half", to: fixture.tree + "/app.py")
        try fixture.write("", to: fixture.tree + "/.git/index.lock")
        await #expect(throws: HostError.self) { try await fixture.repository().resetHard(to: head) }
        await #expect(throws: HostError.self) {
            try await fixture.repository().removeStaleLocks(fetched: GitFixture.main)
        }
        let lock = try PathLock.take(CanonicalPath(fixture.tree), stateDirectory: state.path)
        let repository = try fixture.repository(lock: lock)
        #expect(try await repository.removeStaleLocks(fetched: GitFixture.main) == ["index.lock"])
        #expect(try await repository.removeStaleLocks(fetched: GitFixture.main).isEmpty)
        try await repository.resetHard(to: head)
        #expect(try fixture.read("app.py") == "one\n")
        #expect(try await repository.status().isClean)
    }

    /// What recovery does after a loss of power: by way of the commit that was being checked out, so that no file which only
    /// that one has stays behind.
    @Test func aTreeOfUnknownFilesIsMadeWholeOverBothCommits() async throws {
        let fixture = try await GitFixture()
        let state = try TemporaryFolder()
        let old = try #require(try await fixture.repository().head())
        let new = try await fixture.commit(["app.py": "two\n", "new/only.py": "n\n", "lib": nil], "Second")
        let lock = try PathLock.take(CanonicalPath(fixture.tree), stateDirectory: state.path)
        let repository = try fixture.repository(lock: lock)
        try await repository.fetch(GitFixture.main, atMost: GitFixture.room)
        try await fixture.git(["checkout", "-q", new.text, "--", "new/only.py"], in: fixture.tree)
        try fixture.write("", to: fixture.tree + "/app.py")
        let locks = ["index.lock", "HEAD.lock", "refs/remotes/origin/main.lock", "refs/heads/main.lock"]
        for name in locks { try fixture.write("", to: fixture.tree + "/.git/" + name) }
        #expect(try await repository.removeStaleLocks(fetched: GitFixture.main) == locks)
        try await repository.dropIndex()
        for commit in [new, old] { try await repository.resetHard(to: commit) }
        #expect(try await repository.head() == old)
        #expect(try await repository.status().isClean)
        #expect(try await repository.status().untracked.isEmpty)
        #expect(try fixture.read("app.py") == "one\n")
        await #expect(throws: HostError.self) { try await fixture.repository().dropIndex() }
    }

    @Test func anUntrackedFileInTheWayIsFound() async throws {
        let fixture = try await GitFixture()
        let repository = try fixture.repository()
        let old = try #require(try await repository.head())
        let new = try await fixture.commit(
            ["new.py": "n\n", "deep/er/x.py": "x\n", "b.log": "b\n", "lib": nil, "other/y.py": "y\n"], "Second")
        try await repository.fetch(GitFixture.main, atMost: GitFixture.room)
        #expect(try await repository.obstructions(from: old, to: new).isEmpty)
        try fixture.write("*.log\n", to: fixture.tree + "/.git/info/exclude")
        try fixture.write("mine", to: fixture.tree + "/new.py")
        try fixture.write("mine", to: fixture.tree + "/deep")
        try fixture.write("mine", to: fixture.tree + "/b.log")
        #expect(try await repository.obstructions(from: old, to: new) == ["b.log", "deep", "new.py"])
        unlink(fixture.tree + "/new.py")
        unlink(fixture.tree + "/deep")
        // Only the ignored one is left: git would overwrite it silently, had it not been told otherwise.
        await #expect(throws: HostError.self) { try await repository.fastForward(to: new) }
        #expect(try fixture.read("b.log") == "mine")
    }

    @Test func specialitiesAreNamed() async throws {
        let fixture = try await GitFixture()
        let repository = try fixture.repository()
        try await fixture.git(["update-index", "--assume-unchanged", "app.py"], in: fixture.tree)
        try await fixture.git(["update-index", "--skip-worktree", "lib/part.py"], in: fixture.tree)
        #expect(try await Set(repository.specialities().hidden) == ["app.py", "lib/part.py"])

        try await fixture.git(["update-index", "--no-assume-unchanged", "app.py"], in: fixture.tree)
        try await fixture.git(["update-index", "--no-skip-worktree", "lib/part.py"], in: fixture.tree)
        try fixture.write("*.bin filter=lfs\n", to: fixture.tree + "/.gitattributes")
        try fixture.write("b", to: fixture.tree + "/model.bin")
        try await fixture.git(["add", ".gitattributes", "model.bin"], in: fixture.tree)
        let head = try #require(try await repository.head())
        try await fixture.git(["update-index", "--add", "--cacheinfo", "160000,\(head),vendor/sub"], in: fixture.tree)
        try await fixture.git(["config", "core.sparseCheckout", "true"], in: fixture.tree)
        try await fixture.git(["config", "remote.origin.promisor", "true"], in: fixture.tree)
        let found = try await repository.specialities()
        #expect(found.lfsFiles == ["model.bin"])
        #expect(found.submodules == ["vendor/sub"])
        #expect(found.isSparse && found.isPartial)
        #expect(found.hidden.isEmpty)
        let tree = try await CommitID(
            fixture.git(["commit-tree", "-m", "x", fixture.git(["write-tree"], in: fixture.tree)], in: fixture.tree))
        #expect(try await repository.checkout(from: head, to: tree).submodules == ["vendor/sub"])
    }

    @Test func aShallowCloneIsNamed() async throws {
        let fixture = try await GitFixture()
        try await fixture.commit(["app.py": "two\n"], "Second")
        try await fixture.git(
            ["clone", "-q", "--depth=1", "file://" + fixture.folder.file("origin.git"), "shallow"],
            in: fixture.folder.path)
        let repository = GitRepository(
            at: try CanonicalPath(fixture.folder.file("shallow")), account: try UserAccount.withID(geteuid()),
            remote: GitFixture.remote, lock: nil, limits: GitFixture.limits, runner: CommandRunner())
        #expect(try await repository.place().isShallow)
    }

    @Test func gitHoldsThePathLock() async throws {
        let fixture = try await GitFixture()
        let state = try TemporaryFolder()
        let lock = try PathLock.take(CanonicalPath(fixture.tree), stateDirectory: state.path)
        let repository = try fixture.repository(lock: lock)
        #expect(repository.commands.head().standardInput == .inherited(lock.descriptor))
        #expect(try await repository.head() != nil)
        #expect(try await repository.lsRemote(GitFixture.main) != nil)
    }

    @Test(.enabled(if: isRoot, "needs root to switch users"))
    func gitWorksAsTheTreesOwner() async throws {
        let fixture = try await GitFixture()
        let nobody = try UserAccount.named("nobody")
        _ = try await CommandRunner().succeed(
            .test("/usr/bin/chown", ["-R", "nobody", fixture.tree, fixture.folder.file("origin.git")]))
        let new = try await fixture.commitAsOwner(["app.py": "two\n"], "Second", nobody.identity)
        let repository = GitRepository(
            at: try CanonicalPath(fixture.tree), account: nobody, remote: GitFixture.remote, lock: nil,
            limits: GitFixture.limits, runner: CommandRunner())
        try await repository.fetch(GitFixture.main, atMost: GitFixture.room)
        try await repository.fastForward(to: new)
        #expect(try DirectoryFacts.of(fixture.tree + "/app.py")?.ownerUID == nobody.identity.uid)
    }
}

extension GitFixture {
    /// As `commit`, pushed by the origin's owner: git refuses to serve anybody else's repository.
    func commitAsOwner(
        _ files: [String: String?], _ message: String, _ identity: ProcessIdentity
    ) async throws -> CommitID {
        _ = try await CommandRunner().succeed(.test("/usr/bin/chown", ["-R", String(identity.uid), work]))
        let commit = try await {
            for (name, text) in files { try write(text ?? "", to: work + "/" + name) }
            try await git(["commit", "-q", "-a", "-m", message], in: work, as: identity)
            try await git(["push", "-q", "origin", "HEAD"], in: work, as: identity)
            return try await CommitID(git(["rev-parse", "HEAD"], in: work, as: identity))
        }()
        return commit
    }
}
