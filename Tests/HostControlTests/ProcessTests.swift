import DeployModel
import Glibc
import SystemPackage
import Testing

@testable import HostControl

@Suite struct ProcessTableTests {
    let table = ProcessTable()

    @Test func ourOwnProcessIsRead() throws {
        let before = BootClock.now()
        let facts = try #require(try table.facts(of: getpid()))
        #expect(facts.pid == getpid())
        #expect(facts.uid == getuid())
        #expect(facts.started > 0 && facts.started <= before)
        let here = try #require(try DirectoryFacts.of("."))
        #expect(facts.workingDirectory.identity == here.identity)
        #expect(!facts.workingDirectory.isDeleted)
        #expect(facts.controlGroup.hasPrefix("/"))
        #expect(try table.all().contains(getpid()))
    }

    @Test func whoIsGoneIsNil() async throws {
        #expect(try table.facts(of: 0x7FFF_FFF0) == nil)
        #expect(try table.listeningSockets(seenBy: 0x7FFF_FFF0) == nil)
        let result = try await CommandRunner().succeed(.shell("echo $$"))
        let pid = try #require(Int32(result.text.trimmed))
        #expect(try table.facts(of: pid) == nil)
    }

    @Test func aRemovedDirectoryIsSeen() async throws {
        let folder = try TemporaryFolder()
        let place = try folder.folder("checkout (deleted)")
        let identity = try #require(try DirectoryFacts.of(place)).identity
        try await withChild("cd '\(place)'") { pid in
            let directory = try #require(try table.facts(of: pid)).workingDirectory
            // So named, but there.
            #expect(directory == ProcessDirectory(path: place, identity: identity, isDeleted: false))
            try #require(rmdir(place) == 0)
            let removed = try #require(try table.facts(of: pid)).workingDirectory
            #expect(removed.isDeleted && removed.identity == identity)
            // Another one in its place changes nothing.
            try folder.folder("checkout (deleted)")
            #expect(try #require(try table.facts(of: pid)).workingDirectory.isDeleted)
        }
    }

    @Test func theListenerOfAPortIsFound() async throws {
        let script = """
            import socket, sys
            s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(); s.set_inheritable(True)
            print(s.getsockname()[1], flush=True); sys.stdin.read()
            """
        try await withProgram("/usr/bin/python3", ["-c", script]) { pid, line in
            let port = try #require(UInt16(line))
            #expect(
                try table.holders(ofPort: port, among: [pid]) == PortHolders(own: [pid], others: [], unexplained: 0))
            #expect(
                try table.holders(ofPort: port, among: [getpid()])
                    == PortHolders(own: [], others: [pid], unexplained: 0))
            #expect(try table.holders(ofPort: port, among: []) == PortHolders(own: [], others: [], unexplained: 0))
            let sockets = try #require(try table.listeningSockets(seenBy: pid))
            #expect(sockets.filter { $0.port == port }.map(\.address) == ["0100007F"])
        }
    }

    @Test func theBootAndTheMachineAreNamed() throws {
        #expect(try table.bootID().utf8.count == 36)
        let folder = try TemporaryFolder()
        #expect(
            try MachineID.read(folder.write("0123456789ABCDEF0123456789abcdef\n", to: "id"))
                == "0123456789abcdef0123456789abcdef")
        #expect(throws: HostError.self) { try MachineID.read(folder.write("uninitialized\n", to: "id")) }
        #expect(throws: HostError.self) { try MachineID.read(folder.file("absent")) }
    }

    /// A shell that runs from wherever `script` goes, and lives until the body ends.
    private func withChild(_ script: String, _ body: @Sendable (Int32) throws -> Void) async throws {
        try await withProgram("/bin/sh", ["-c", script + "; echo here; read x"]) { pid, _ in try body(pid) }
    }

    /// A program that lives until the body ends; the body gets its id and its first line.
    private func withProgram(
        _ executable: String, _ arguments: [String], _ body: @Sendable (Int32, String) throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        let input = try FileDescriptor.open(FilePath(try folder.pipe("input")), .readWrite)
        defer { try? input.close() }
        let (lines, sink) = AsyncStream<String>.makeStream()
        let command = HostCommand.test(
            "/bin/sh", ["-c", "echo $$; exec \"$@\"", "sh", executable] + arguments,
            environment: ["PATH": "/usr/bin:/bin"],
            input: .inherited(input))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                _ = try? await CommandRunner().run(command) { sink.yield($0.text) }
                sink.finish()
            }
            defer { group.cancelAll() }
            var iterator = lines.makeAsyncIterator()
            let first = await iterator.next()
            let second = await iterator.next()
            let pid = try #require(first.flatMap { Int32($0) })
            try body(pid, #require(second))
        }
    }
}

@Suite struct ProcTextTests {
    @Test func aSocketThatNobodyVisibleHoldsStaysUnexplained() throws {
        let folder = try TemporaryFolder()
        for part in ["5", "5/net", "5/fd"] { try folder.folder(part) }
        let head = "sl local rem st tx_rx tr_tm retr uid timeout inode\n"
        try folder.write(
            head + "0: 0:2383 0:0 0A 0:0 0:0 0 0 0 77\n1: 0:2383 0:0 0A 0:0 0:0 0 0 0 78\n", to: "5/net/tcp")
        try #require(symlink("socket:[77]", folder.file("5/fd/3")) == 0)
        let table = ProcessTable(root: folder.path, controlGroups: folder.path)
        #expect(try table.holders(ofPort: 9091, among: [5]) == PortHolders(own: [5], others: [], unexplained: 1))
        #expect(try table.holders(ofPort: 9092, among: [5]) == PortHolders(own: [], others: [], unexplained: 0))
    }

    /// systemd's own copy, before and since release 255, and a program of a unit.
    @Test(arguments: [
        ("/usr/lib/systemd/systemd", true), ("/usr/lib/systemd/systemd-executor", true),
        ("/usr/lib/systemd/systemd-executor (deleted)", true), ("/usr/bin/python3.11", false),
    ])
    func whoHasNotExecutedItsProgramIsKnown(program: String, isYetToBegin: Bool) throws {
        let folder = try TemporaryFolder()
        let fields = (3...52).map(String.init).joined(separator: " ")
        for pid in [1, 7] {
            try folder.folder("\(pid)")
            try folder.write("\(pid) (x) \(fields)", to: "\(pid)/stat")
            try folder.write("Uid:\t0\t0\t0\t0\n", to: "\(pid)/status")
            try folder.write("0::/x.service\n", to: "\(pid)/cgroup")
            try #require(symlink("/", folder.file("\(pid)/cwd")) == 0)
            try #require(symlink(pid == 1 ? "/usr/lib/systemd/systemd" : program, folder.file("\(pid)/exe")) == 0)
        }
        let table = ProcessTable(root: folder.path, controlGroups: folder.path)
        #expect(try table.facts(of: 7)?.isYetToBegin == isYetToBegin)
        #expect(try table.facts(of: 1)?.isYetToBegin == false)
        try #require(unlink(folder.file("1/exe")) == 0)
        #expect(try table.facts(of: 7)?.isYetToBegin == program.contains("executor"), "what can't be read is no excuse")
    }

    @Test func theStartIsFieldTwentyTwoWhateverTheName() {
        let fields = (3...52).map(String.init).joined(separator: " ")
        #expect(ProcessTable.startTicks("42 (a b) S) (x) \(fields)") == 22)
        for odd in ["", "42", "42 (x", "42 (x) S 1 2", "42 (x) " + fields.replacing(" 22 ", with: " x ")] {
            #expect(ProcessTable.startTicks(odd) == nil)
        }
    }

    @Test func theControlGroupIsReadInEachLayout() {
        #expect(ProcessTable.controlGroup("0::/system.slice/a.service\n") == "/system.slice/a.service")
        #expect(ProcessTable.controlGroup("8:pids:/x\n1:name=systemd:/system.slice/a:b\n0::/\n") == "/system.slice/a:b")
        #expect(ProcessTable.controlGroup("nonsense\n0:x") == "")
    }

    @Test func listenersAreReadFromBothTables() {
        let table = """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 0100007F:2383 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 55501 1 x
               1: 0100007F:2383 0100007F:D2F0 01 00000000:00000000 00:00000000 00000000  1000        0 55502 1 x
               2: 00000000000000000000000000000000:0016 0:0000 0A 0:0 00:0 0 0 0 55503 1 x
               3: broken 0 0A
               4: 0100007F:FFFFF 0 0A 0:0 0:0 0 0 0 5 1
            """
        #expect(
            ListeningSocket.parse(table) == [
                ListeningSocket(address: "0100007F", port: 9091, inode: 55501),
                ListeningSocket(address: String(repeating: "0", count: 32), port: 22, inode: 55503),
            ])
    }

    @Test(arguments: ["", "/unified", "/systemd"])
    func theProcessesOfAGroupAndBelow(mount: String) throws {
        let folder = try TemporaryFolder()
        for part in ["cg", "cg/unified", "cg/systemd", "proc"] { try folder.folder(part) }
        var path = "cg" + mount
        for part in ["system.slice", "a.service", "inner"] {
            path += "/" + part
            try folder.folder(part == "inner" ? path : path)
        }
        try folder.write("10\n11\n", to: "cg\(mount)/system.slice/a.service/cgroup.procs")
        try folder.write("12\n", to: "cg\(mount)/system.slice/a.service/inner/cgroup.procs")
        let table = ProcessTable(root: folder.file("proc"), controlGroups: folder.file("cg"))
        #expect(try table.pids(inControlGroup: "/system.slice/a.service") == [10, 11, 12])
        #expect(try table.pids(inControlGroup: "").isEmpty)
        #expect(try table.pids(inControlGroup: "/").isEmpty)
        #expect(try table.pids(inControlGroup: "/system.slice/b.service").isEmpty)
    }

    @Test func withoutAMountTheProcessesThemselvesAreAsked() throws {
        let folder = try TemporaryFolder()
        for (pid, group) in [(7, "/s/a.service"), (8, "/s/a.service/sub"), (9, "/s/a.service2")] {
            if !folder.exists("proc") { try folder.folder("proc") }
            try folder.folder("proc/\(pid)")
            try folder.write("0::\(group)\n", to: "proc/\(pid)/cgroup")
        }
        try folder.folder("proc/10")
        try folder.folder("proc/self")
        let table = ProcessTable(root: folder.file("proc"), controlGroups: folder.file("none"))
        #expect(try table.pids(inControlGroup: "/s/a.service") == [7, 8])
    }
}
