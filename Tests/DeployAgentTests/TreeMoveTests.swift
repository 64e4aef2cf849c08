import DeployModel
import HostControl
import Logging
import SystemPackage
import TestSupport
import Testing

@testable import DeployAgent

/// A checkout with real git, on a host whose systemd is a list of answers: what must be so before, in and after it.
@Suite struct TreeMoveTests {
    private static let service = ServiceName(accepted: "t")
    private static let boot = "0f0f0f0f"

    @Test func noServiceMayStartFromBeforeItUntilSomebodySaysSo() async throws {
        try await Self.with { host in
            try await host.move(to: host.second) { #expect(host.interlock.engaged() == [Self.service]) }
            #expect(host.interlock.engaged() == [Self.service])
        }
    }

    /// A process that is just starting may still be reading the files.
    @Test func aYoungProcessIsLetComeOfAge() async throws {
        let young = UnitState(more: ["ExecMainStartTimestampMonotonic": "\(Int64.max)"])
        let starting = UnitState(active: "activating", sub: "start-pre")
        try await Self.with([young, starting, young, .old]) { host in
            try await host.move(to: host.second) {
                let looks = await host.runner.systemd.looksTaken
                #expect(looks == 4)
            }
        }
    }

    /// git does not sync the files of a work tree.
    @Test func theFilesAreOnTheDiskWhenItIsOver() async throws {
        try await Self.with { host in
            try await host.move(to: host.second) { await host.runner.forget() }
            let commands = await host.runner.commands
            let sync = try #require(commands.lastIndex(of: "/usr/bin/sync --file-system -- \(host.path)"))
            #expect(!commands[sync...].contains { $0.contains("reset") })
            #expect(await host.memory.record.lastCheckout(of: host.path)?.ended != nil)
        }
    }

    /// Python takes byte code for that of another source file of the same size and second.
    @Test func twoOfAPathAreNeverInOneSecond() async throws {
        try await Self.with { host in
            var seconds: [Int64] = []
            for commit in [host.second, host.first, host.second] {
                try await host.move(to: commit) { seconds.append(WallClock.now().milliseconds / 1000) }
            }
            #expect(seconds == Array(Set(seconds)).sorted())
        }
    }

    @Test func aTreeThatIsNotTheCommitIsNoSuccess() async throws {
        try await Self.with { host in
            let other = try await #require(throws: Refusal.self) { try await host.run(to: host.second) {} }
            #expect(other.rule == .headDiffers)
            let changed = try await #require(throws: Refusal.self) {
                try await host.run(to: host.second) { () async throws(HostError) in
                    try await host.reset(to: host.second)
                    try await host.git(["rm", "-q", "--cached", "app.py"])
                }
            }
            #expect(changed.rule == .treeChanged)
            #expect(await host.memory.record.lastCheckout(of: host.path)?.ended == nil)
            #expect(host.interlock.engaged() == [Self.service])
        }
    }

    /// Runs `body` on a host of its own.
    private static func with(_ states: [UnitState] = [.old], _ body: (MovedHost) async throws -> Void) async throws {
        try await TemporaryFolder.with { folder in
            try await body(try await MovedHost(in: folder, systemd: FakeSystemd(states), boot: boot, service: service))
        }
    }
}

/// Real commands, but for systemd's, whose answers are given, and sync(1), which would wait for everybody's writes.
private actor HostRunner: CommandRunning {
    nonisolated let systemd: FakeSystemd
    private(set) var commands: [String] = []

    init(systemd: FakeSystemd) { self.systemd = systemd }

    func forget() { commands = [] }

    func run(
        _ command: HostCommand, onLine: (@Sendable (OutputLine) -> Void)?
    ) async throws(HostError) -> CommandResult {
        commands.append(([command.executable] + command.arguments).joined(separator: " "))
        if command.executable.hasSuffix("systemctl") { return try await systemd.run(command, onLine: onLine) }
        if command.executable.hasSuffix("sync") {
            return CommandResult(termination: .exited(0), standardOutput: [], standardError: [], duration: .zero)
        }
        return try await CommandRunner().run(command, onLine: onLine)
    }
}

/// A work tree with two commits, the first of them checked out, and what a checkout needs besides.
private struct MovedHost {
    let runner: HostRunner
    let path: CanonicalPath
    let memory: AgentMemory
    let interlock: StartInterlock
    let first: CommitID
    let second: CommitID
    private let mover: TreeMove
    private let subject: TreeMove.Subject

    init(in folder: FilePath, systemd: FakeSystemd, boot: String, service: ServiceName) async throws {
        runner = HostRunner(systemd: systemd)
        path = try CanonicalPath(folder.appending("tree").string)
        let state = folder.appending("state")
        memory = AgentMemory(stateDirectory: state)
        interlock = StartInterlock(stateDirectory: state.string)
        try DurableFile.makeDirectory(FilePath(path.text))
        try await Self.git(["init", "-q", "-b", "main"], path)
        var commits: [CommitID] = []
        for text in ["one\n", "another\n"] {
            try DurableFile.replace(FilePath(path.text).appending("app.py"), with: Array(text.utf8))
            try await Self.git(["add", "app.py"], path)
            try await Self.git(["commit", "-q", "-m", "Change"], path)
            commits.append(try CommitID(await Self.git(["rev-parse", "HEAD"], path)))
        }
        (first, second) = (commits[0], commits[1])
        try await Self.git(["reset", "-q", "--hard", first.text], path)
        let tools = HostTools(runner: runner, stateDirectory: state.string, fetchLimit: .seconds(60))
        let owner = try #require(try DirectoryFacts.of(path.text)).ownerUID
        subject = TreeMove.Subject(
            path: path,
            repository: try tools.repository(path, owner: owner, remote: RemoteName(accepted: "origin"), lock: nil),
            services: [service], reason: "a test")
        mover = TreeMove(tools: tools, memory: memory, bootID: boot, logger: Logger(label: "test"))
    }

    /// Moves to a commit, and looks in the middle of it.
    func move(to commit: CommitID, _ look: () async -> Void) async throws {
        try await run(to: commit) { () async throws(HostError) in
            try await reset(to: commit)
            await look()
        }
    }

    func run(to commit: CommitID, _ move: () async throws(HostError) -> Void) async throws {
        try await mover.run(subject, to: commit, move)
    }

    func reset(to commit: CommitID) async throws(HostError) { try await subject.repository.resetHard(to: commit) }

    @discardableResult func git(_ arguments: [String]) async throws(HostError) -> String {
        try await Self.git(arguments, path)
    }

    @discardableResult
    private static func git(_ arguments: [String], _ path: CanonicalPath) async throws(HostError) -> String {
        let name = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        let command = HostCommand(
            executable: "/usr/bin/git", arguments: name + arguments,
            environment: ["PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1"],
            workingDirectory: path.text, identity: nil, timeLimit: .seconds(60), outputLimit: 65536,
            standardInput: .nothing)
        let said = String(decoding: try await CommandRunner().succeed(command).standardOutput, as: UTF8.self)
        return said.split(separator: "\n").first.map(String.init) ?? ""
    }
}
