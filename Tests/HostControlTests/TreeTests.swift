import DeployModel
import Glibc
import SystemPackage
import Testing

@testable import HostControl

@Suite struct PathLockTests {
    /// For what may be held a moment longer by a child of another test that is just being started.
    private static let patience = Duration.seconds(30)

    @Test func onlyOneHasIt() async throws {
        let tree = try TemporaryFolder()
        let state = try TemporaryFolder()
        var first: PathLock? = try PathLock.take(tree.canonical, stateDirectory: state.path)
        #expect(first?.path.text == tree.path)
        #expect(state.exists("locks/\(try #require(first).identity).lock"))
        let error = #expect(throws: HostError.self) {
            try PathLock.take(tree.canonical, stateDirectory: state.path)
        }
        guard case .pathLocked(tree.path, let holder) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(holder?.hasPrefix("pid \(getpid()) (") == true)
        first = nil
        _ = try await PathLock.take(tree.canonical, stateDirectory: state.path, patience: Self.patience)
    }

    @Test func twoPathsToOneDirectoryAreOneLock() throws {
        let tree = try TemporaryFolder()
        let state = try TemporaryFolder()
        let place = try tree.folder("place")
        try #require(symlink(place, tree.file("link")) == 0)
        let lock = try PathLock.take(CanonicalPath(place), stateDirectory: state.path)
        #expect(throws: HostError.self) {
            try PathLock.take(CanonicalPath(tree.file("link")), stateDirectory: state.path)
        }
        // And another directory is another lock.
        _ = try PathLock.take(tree.canonical, stateDirectory: state.path)
        withExtendedLifetime(lock) {}
    }

    @Test func itHoldsAgainstAnotherProcess() async throws {
        let tree = try TemporaryFolder()
        let state = try TemporaryFolder()
        var lock: PathLock? = try PathLock.take(tree.canonical, stateDirectory: state.path)
        let file = state.file("locks/\(try #require(lock).identity).lock")
        let other = HostCommand.test("/usr/bin/flock", ["-n", file, "/usr/bin/true"])
        #expect(try await CommandRunner().run(other, onLine: nil).termination == .exited(1))
        lock = nil
        let patient = HostCommand.test("/usr/bin/flock", ["-w", "30", file, "/usr/bin/true"])
        #expect(try await CommandRunner().run(patient, onLine: nil).succeeded)
    }

    @Test func itLivesAsLongAsTheChildThatInheritedIt() async throws {
        let tree = try TemporaryFolder()
        let state = try TemporaryFolder()
        let canonical = try tree.canonical
        let go = try FileDescriptor.open(FilePath(try state.pipe("go")), .readWrite)
        defer { try? go.close() }
        var lock: PathLock? = try PathLock.take(canonical, stateDirectory: state.path)
        // The child can neither write the lock file nor wait for input on it.
        let script = "cat; echo x >&0; echo ready; read word < \"$1\""
        let command = HostCommand.shell(
            script, [state.file("go")], input: .inherited(try #require(lock).descriptor))
        let (lines, sink) = AsyncStream<String>.makeStream()
        async let result = CommandRunner().run(command) { if $0.stream == .standardOutput { sink.yield($0.text) } }
        #expect(await lines.first { _ in true } == "ready")
        lock = nil
        #expect(throws: HostError.self) { try PathLock.take(canonical, stateDirectory: state.path) }
        _ = try go.writeAll(Array("on\n".utf8))
        #expect(try await result.succeeded)
        let again = try await PathLock.take(canonical, stateDirectory: state.path, patience: Self.patience)
        #expect(try DirectoryFacts.of(state.file("locks/\(again.identity).lock"))?.mode == 0o600)
    }

    @Test func withoutADirectoryThereIsNoLock() throws {
        let state = try TemporaryFolder()
        #expect(throws: HostError.unreadable(path: "/nonexistent/tree", reason: "it does not exist")) {
            try PathLock.take(CanonicalPath("/nonexistent/tree"), stateDirectory: state.path)
        }
        let tree = try TemporaryFolder()
        #expect(throws: HostError.self) { try PathLock.take(tree.canonical, stateDirectory: state.file("none")) }
    }

    @Test func aLinkInPlaceOfTheLockFileIsRefused() throws {
        let tree = try TemporaryFolder()
        let state = try TemporaryFolder()
        try state.folder("locks")
        let identity = try #require(try DirectoryFacts.of(tree.path)).identity
        try #require(symlink(tree.file("elsewhere"), state.file("locks/\(identity).lock")) == 0)
        #expect(throws: HostError.self) { try PathLock.take(tree.canonical, stateDirectory: state.path) }
        #expect(!tree.exists("elsewhere"))
    }

    @Test func theHolderIsReadFromTheKernelsList() {
        let text = """
            1: POSIX  ADVISORY  WRITE 11 00:1f:77 0 EOF
            2: FLOCK  ADVISORY  WRITE 22 00:1f:78 0 EOF
            2: -> FLOCK  ADVISORY  WRITE 33 00:1f:77 0 EOF
            3: FLOCK  ADVISORY  WRITE 44 00:1f:77 0 EOF
            """
        #expect(LockHolder.holder(in: text, inode: 77) == 44)
        #expect(LockHolder.holder(in: text, inode: 79) == nil)
    }
}

@Suite struct DirectoryFactsTests {
    @Test func aDirectoryIsSeenAsItIs() throws {
        let folder = try TemporaryFolder()
        let facts = try #require(try DirectoryFacts.of(folder.path))
        #expect(facts.isDirectory && !facts.isReadOnlyMount && !facts.isWritableByOthers)
        #expect(facts.ownerUID == geteuid() && facts.mode == 0o755)
        #expect(facts.freeBytes > 0)
        try #require(chmod(folder.path, 0o775) == 0)
        #expect(try DirectoryFacts.of(folder.path)?.isWritableByOthers == true)
        try folder.write("x", to: "file")
        #expect(try DirectoryFacts.of(folder.file("file"))?.isDirectory == false)
        #expect(try DirectoryFacts.of(folder.file("file/below")) == nil)
        #expect(try DirectoryFacts.of(folder.file("absent")) == nil)
        #expect(try DirectoryFacts.of("/sys")?.identity != facts.identity)
    }

    @Test func theOwnersRightToWriteIsAskedOfTheKernel() async throws {
        let folder = try TemporaryFolder()
        let user = try UserAccount.withID(geteuid())
        func check(_ path: String, _ identity: ProcessIdentity) async throws -> WriteAccess {
            try await WriteAccess.check(
                CanonicalPath(path), as: identity, runner: CommandRunner(), timeLimit: .seconds(30))
        }
        #expect(try await check(folder.path, user.identity) == .writable)
        await #expect(throws: HostError.self) { try await check(folder.file("absent"), user.identity) }
        guard isRoot else { return }
        #expect(try await check(folder.path, UserAccount.named("nobody").identity) == .denied)
    }

    @Test func theWriteTestIsThis() throws {
        let identity = ProcessIdentity(uid: 5, gid: 6, supplementaryGroups: [])
        let command = WriteAccess.command(try CanonicalPath("/srv/x"), as: identity, timeLimit: .seconds(1))
        #expect(command.executable == "/usr/bin/test" && command.arguments == ["-w", "/srv/x"])
        #expect(command.identity == identity)
    }
}

@Suite struct UserAccountTests {
    @Test func accountsAreFoundByNameAndNumber() throws {
        let root = try UserAccount.named("root")
        #expect(root.identity.uid == 0 && root.identity.gid == 0 && root.home == "/root")
        #expect(try UserAccount.withID(0) == root)
        #expect(try UserAccount.named("0") == root)
        #expect(try UserAccount.named("nobody").identity.uid == 65534)
    }

    @Test(arguments: ["no-such-user", "", "4000000000", "x:y"])
    func whoIsNotThereIsAnError(name: String) {
        #expect(throws: HostError.self) { try UserAccount.named(name) }
    }
}
