import DeployModel
import Glibc
import SystemPackage
import Testing

@testable import HostControl

/// A folder of a test's own, gone with the test.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/hostcontrol-XXXXXX".utf8CString)
        path = String(cString: try #require(mkdtemp(&template)))
        // Other users' processes of a test must get in.
        try #require(chmod(path, 0o755) == 0)
    }

    deinit {
        var pid = pid_t()
        let words: [String] = ["rm", "-rf", "--", path]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        if posix_spawn(&pid, "/usr/bin/rm", nil, nil, &arguments, nil) == 0 { waitpid(pid, nil, 0) }
        arguments.forEach { free($0) }
    }

    var canonical: CanonicalPath { get throws { try CanonicalPath(path) } }

    func file(_ name: String) -> String { path + "/" + name }

    func exists(_ name: String) -> Bool { access(file(name), F_OK) == 0 }

    @discardableResult
    func folder(_ name: String) throws -> String {
        try #require(mkdir(file(name), 0o755) == 0)
        return file(name)
    }

    @discardableResult
    func write(_ text: String, to name: String, mode: mode_t = 0o644) throws -> String {
        try write(Array(text.utf8), to: name, mode: mode)
    }

    @discardableResult
    func write(_ bytes: [UInt8], to name: String, mode: mode_t = 0o644) throws -> String {
        let descriptor = try FileDescriptor.open(
            FilePath(file(name)), .writeOnly, options: [.create, .truncate],
            permissions: FilePermissions(rawValue: mode))
        try descriptor.closeAfter { _ = try descriptor.writeAll(bytes) }
        try #require(chmod(file(name), mode) == 0)
        return file(name)
    }

    /// A named pipe: how a test and a child wait for each other.
    func pipe(_ name: String) throws -> String {
        try #require(mkfifo(file(name), 0o666) == 0)
        try #require(chmod(file(name), 0o666) == 0)
        return file(name)
    }
}

/// Waits until every writer of a pipe is gone: a process that holds it open for writing has ended then.
func waitForEnd(of reader: FileDescriptor) -> Bool {
    var entry = pollfd(fd: reader.rawValue, events: Int16(POLLIN), revents: 0)
    var byte: UInt8 = 0
    while poll(&entry, 1, 30_000) == 1 {
        if read(reader.rawValue, &byte, 1) == 0 { return true }
    }
    return false
}

extension HostCommand {
    /// A command of a test, with wide limits.
    static func test(
        _ executable: String, _ arguments: [String] = [], environment: [String: String] = [:],
        in workingDirectory: String = "/", as identity: ProcessIdentity? = nil, timeLimit: Duration = .seconds(60),
        outputLimit: Int = 1 << 20, input: StandardInput = .nothing
    ) -> HostCommand {
        HostCommand(
            executable: executable, arguments: arguments, environment: environment,
            workingDirectory: workingDirectory, identity: identity, timeLimit: timeLimit, outputLimit: outputLimit,
            standardInput: input)
    }

    static func shell(
        _ script: String, _ arguments: [String] = [], timeLimit: Duration = .seconds(60), outputLimit: Int = 1 << 20,
        as identity: ProcessIdentity? = nil, input: StandardInput = .nothing
    ) -> HostCommand {
        test(
            "/bin/sh", ["-c", script, "sh"] + arguments, environment: ["PATH": "/usr/bin:/bin"], as: identity,
            timeLimit: timeLimit, outputLimit: outputLimit, input: input)
    }
}

/// Answers from a list, and remembers what was asked.
actor ScriptedRunner: CommandRunning {
    private var answers: [CommandResult]
    private(set) var asked: [HostCommand] = []

    init(_ answers: [CommandResult]) { self.answers = answers }

    init(output: String, code: Int32 = 0, error: String = "") {
        answers = [
            CommandResult(
                termination: .exited(code), standardOutput: Array(output.utf8), standardError: Array(error.utf8),
                duration: .zero)
        ]
    }

    func run(
        _ command: HostCommand, onLine: (@Sendable (OutputLine) -> Void)?
    ) async throws(HostError) -> CommandResult {
        asked.append(command)
        guard !answers.isEmpty else { throw .cannotStart(command: command.shown, reason: "no answer left") }
        return answers.removeFirst()
    }
}

let isRoot = geteuid() == 0
