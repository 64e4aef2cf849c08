import DeployModel
import Foundation
import Glibc
import Synchronization
import SystemPackage
import Testing

@testable import HostControl

@Suite struct CommandRunnerTests {
    let runner = CommandRunner()

    @Test func bothStreamsAndTheCodeAreTheResult() async throws {
        let result = try await runner.run(.shell("echo out; echo err >&2; exit 7"), onLine: nil)
        #expect(result.termination == .exited(7))
        #expect(!result.succeeded)
        #expect(result.text == "out\n")
        #expect(result.standardError == Array("err\n".utf8))
        #expect(result.lastWords == "err")
        #expect(result.duration > .zero)
    }

    @Test func aSignalIsAResult() async throws {
        let result = try await runner.run(.shell("kill -9 $$"), onLine: nil)
        #expect(result.termination == .signalled(9))
    }

    @Test func onlyZeroSucceeds() async throws {
        let command = HostCommand.shell("echo sorry >&2; exit 3")
        await #expect(throws: HostError.failed(command: command.shown, termination: .exited(3), said: "sorry")) {
            try await runner.succeed(command)
        }
    }

    @Test func theEnvironmentIsExactlyTheGiven() async throws {
        let environment = ["A": "1", "B": "two words", "C": "=x="]
        let result = try await runner.succeed(.test("/usr/bin/env", ["-0"], environment: environment))
        #expect(Set(NulRecords.texts(result.standardOutput)) == ["A=1", "B=two words", "C==x="])
        #expect(try await runner.succeed(.test("/usr/bin/env")).standardOutput.isEmpty)
    }

    @Test func theArgumentsAreNotReadByAnything() async throws {
        let arguments = ["%s\\n", "a b", "$HOME", "*", "", "'\"", "-n"]
        let result = try await runner.succeed(.test("/usr/bin/printf", arguments))
        #expect(result.text == "a b\n$HOME\n*\n\n'\"\n-n\n")
    }

    @Test func itStartsWhereItIsTold() async throws {
        let folder = try TemporaryFolder()
        let result = try await runner.succeed(.test("/usr/bin/pwd", in: folder.path))
        #expect(result.text == folder.path + "\n")
    }

    @Test func whatCannotBeStartedIsAnError() async {
        for command in [
            HostCommand.test("/nonexistent/program"), .test("/usr/bin/true", in: "/nonexistent"),
            .test("/etc/hostname"),
        ] {
            let error = await #expect(throws: HostError.self) { try await runner.run(command, onLine: nil) }
            guard case .cannotStart = error else {
                Issue.record("\(String(describing: error)) for \(command.shown)")
                continue
            }
        }
    }

    @Test func standardInputIsEmpty() async throws {
        #expect(try await runner.succeed(.test("/usr/bin/cat")).standardOutput.isEmpty)
    }

    @Test func noOtherDescriptorIsInherited() async throws {
        let folder = try TemporaryFolder()
        // Opened without O_CLOEXEC, as a careless library does.
        let leak = open(try folder.write("", to: "leak"), O_RDONLY)
        defer { close(leak) }
        let result = try await runner.succeed(.test("/usr/bin/ls", ["-l", "/proc/self/fd"]))
        #expect(!result.text.contains("leak"))
        #expect(result.text.contains(" 2 -> "))
    }

    @Test func theChildLeadsASessionOfItsOwn() async throws {
        let result = try await runner.succeed(.test("/usr/bin/cat", ["/proc/self/stat"]))
        let fields = result.text.split(separator: " ")
        #expect(fields[4] == fields[0], "process group")
        #expect(fields[5] == fields[0], "session")
    }

    @Test func theTimeLimitKillsGrandchildrenToo() async throws {
        let folder = try TemporaryFolder()
        let reader = try FileDescriptor.open(FilePath(try folder.pipe("alive")), .readOnly, options: [.nonBlocking])
        defer { try? reader.close() }
        // Neither heeds TERM, and the grandchild keeps both streams and the pipe open.
        let script = "trap '' TERM; exec 3>\"$1\"; sleep 1000 & echo ready; wait"
        let command = HostCommand.shell(script, [folder.file("alive")], timeLimit: .seconds(2))
        let (lines, sink) = AsyncStream<String>.makeStream()
        await #expect(throws: HostError.timeLimit(command: command.shown, limit: .seconds(2))) {
            try await runner.run(command) { sink.yield($0.text) }
        }
        sink.finish()
        #expect(await lines.first { _ in true } == "ready")
        #expect(waitForEnd(of: reader))
    }

    @Test func theTimeLimitHoldsWhenBothStreamsAreClosed() async {
        let command = HostCommand.shell("exec >&- 2>&-; exec sleep 1000", timeLimit: .seconds(1))
        await #expect(throws: HostError.timeLimit(command: command.shown, limit: .seconds(1))) {
            try await runner.run(command, onLine: nil)
        }
    }

    @Test func closedStreamsDoNotEndTheChild() async throws {
        let folder = try TemporaryFolder()
        _ = try folder.pipe("go")
        let writer = try FileDescriptor.open(FilePath(folder.file("go")), .readWrite)
        defer { try? writer.close() }
        async let result = runner.run(
            .shell("exec >&- 2>&-; read word < \"$1\"; exit 5", [folder.file("go")]), onLine: nil)
        _ = try writer.writeAll(Array("on\n".utf8))
        #expect(try await result.termination == .exited(5))
    }

    @Test func whatIsLeftBehindIsKilled() async throws {
        let folder = try TemporaryFolder()
        let reader = try FileDescriptor.open(FilePath(try folder.pipe("alive")), .readOnly, options: [.nonBlocking])
        defer { try? reader.close() }
        let result = try await runner.succeed(
            .shell("exec 3>\"$1\"; sleep 1000 >&- 2>&- & echo done", [folder.file("alive")]))
        #expect(result.text == "done\n")
        #expect(waitForEnd(of: reader))
    }

    @Test func moreThanTheOutputLimitIsAnErrorOnEitherStream() async throws {
        for stream in ["1", "2"] {
            let command = HostCommand.shell("yes >&\(stream)", outputLimit: 100_000)
            await #expect(throws: HostError.outputLimit(command: command.shown, bytes: 100_000)) {
                try await runner.run(command, onLine: nil)
            }
        }
        let exact = try await runner.succeed(.shell("head -c 100000 /dev/zero", outputLimit: 100_000))
        #expect(exact.standardOutput.count == 100_000)
    }

    @Test func bothStreamsAreReadAtOnce() async throws {
        // Each is far more than a pipe holds; reading one after the other would block the child.
        let script = "head -c 500000 /dev/zero >&2; head -c 500000 /dev/zero; head -c 500000 /dev/zero >&2"
        let result = try await runner.succeed(.shell(script))
        #expect(result.standardOutput.count == 500_000)
        #expect(result.standardError.count == 1_000_000)
    }

    @Test func cancellingTheTaskKillsTheGroup() async throws {
        let folder = try TemporaryFolder()
        let reader = try FileDescriptor.open(FilePath(try folder.pipe("alive")), .readOnly, options: [.nonBlocking])
        defer { try? reader.close() }
        let command = HostCommand.shell("exec 3>\"$1\"; sleep 1000 & echo ready; wait", [folder.file("alive")])
        let (lines, sink) = AsyncStream<String>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await #expect(throws: HostError.cancelled(command: command.shown)) {
                    try await CommandRunner().run(command) { sink.yield($0.text) }
                }
            }
            _ = await lines.first { _ in true }
            group.cancelAll()
            try await group.waitForAll()
        }
        #expect(waitForEnd(of: reader))
    }

    @Test func linesComeInOrderAndInPieces() async throws {
        let (lines, sink) = AsyncStream<OutputLine>.makeStream()
        let script = "echo one; printf '\\n'; head -c 5000 /dev/zero | tr '\\0' x; echo; printf last; echo no >&2"
        _ = try await runner.run(.shell(script)) { sink.yield($0) }
        sink.finish()
        var out: [String] = []
        var error: [String] = []
        for await line in lines {
            switch line.stream {
            case .standardOutput: out.append(line.text)
            case .standardError: error.append(line.text)
            }
        }
        #expect(out == ["one", "", String(repeating: "x", count: 4096), String(repeating: "x", count: 904), "last"])
        #expect(error == ["no"])
    }

    @Test(.enabled(if: isRoot, "needs root to switch users"))
    func itRunsAsAnotherUserWithThatUsersGroupsOnly() async throws {
        let nobody = try UserAccount.named("nobody")
        let result = try await runner.succeed(.shell("id -u; id -g; id -G", as: nobody.identity))
        #expect(result.text == "65534\n65534\n65534\n")
        let groups = ProcessIdentity(uid: 65534, gid: 65534, supplementaryGroups: [12, 13])
        #expect(try await runner.succeed(.shell("id -G", as: groups)).text == "65534 12 13\n")
        let limited = HostCommand.shell("trap '' TERM; sleep 1000", timeLimit: .seconds(1), as: nobody.identity)
        await #expect(throws: HostError.timeLimit(command: limited.shown, limit: .seconds(1))) {
            try await runner.run(limited, onLine: nil)
        }
    }

    /// A child that changes its user by itself can hang before its exec while threads of the parent begin and end; then this
    /// test does not end, and the run's own limit fails it (decision 6).
    @Test(.enabled(if: isRoot, "needs root to switch users"))
    func anotherUserWhileThreadsComeAndGo() async throws {
        let nobody = try UserAccount.named("nobody")
        let churn = ThreadChurn()
        defer { churn.end() }
        for _ in 0..<200 {
            #expect(try await runner.succeed(.shell("id -u", as: nobody.identity)).text == "65534\n")
        }
    }

    /// Starts threads and lets them end, one after the other.
    private final class ThreadChurn: Sendable {
        private let isOver = Mutex(false)

        init() {
            Thread.detachNewThread { [self] in
                while !isOver.withLock({ $0 }) {
                    let short = Thread {}
                    short.start()
                    while !short.isFinished { sched_yield() }
                }
            }
        }

        func end() { isOver.withLock { $0 = true } }
    }
}

@Suite struct HostCommandTests {
    @Test func whatIsShownIsSafeAndShort() {
        #expect(HostCommand.test("/usr/bin/git", ["a\nb", "\u{1B}[2J"]).shown == "git a\\nb \\x1b[2J")
        #expect(HostCommand.test("/usr/bin/git", [String(repeating: "x", count: 1000)]).shown.count == 303)
    }

    @Test func theLastWordsAreTheLastLineThatSaysSomething() {
        func words(_ out: String, _ error: String) -> String {
            CommandResult(
                termination: .exited(1), standardOutput: Array(out.utf8), standardError: Array(error.utf8),
                duration: .zero
            ).lastWords
        }
        #expect(words("out", "a\nb\u{7}\n\n  \n") == "b\\x07")
        #expect(words("out\n", "") == "out")
        // git and ssh give advice after what they have to say.
        #expect(words("", "ssh: refused\nfatal: no remote\n\nPlease make sure\n") == "ssh: refused; fatal: no remote")
        #expect(words("", "fatal: can't connect to:\nh[0]: errno\nmore\n") == "fatal: can't connect to:; h[0]: errno")
        #expect(words("", "\n") == "no message")
    }

    @Test func linesAreCutTheSameHoweverTheyArrive() {
        let text = Array("a\n\nbc\r\nd".utf8) + [0xFF, 0x0A] + [UInt8](repeating: 0x78, count: 5000)
        var whole = LineSplitter()
        let expected = whole.take(text) + [whole.finish() ?? []]
        for size in 1...7 {
            var splitter = LineSplitter()
            var lines: [[UInt8]] = []
            for start in stride(from: 0, to: text.count, by: size) {
                lines += splitter.take(Array(text[start..<min(start + size, text.count)]))
            }
            #expect(lines + [splitter.finish() ?? []] == expected)
        }
    }
}

@Suite struct HostErrorTests {
    @Test func everyDescriptionIsOneSafeLineWithARemedy() {
        let odd = "x\n\u{1B}[1m\u{202E}y"
        let errors: [HostError] = [
            .cannotStart(command: odd, reason: odd), .timeLimit(command: odd, limit: .seconds(3)),
            .outputLimit(command: odd, bytes: 5), .cancelled(command: odd),
            .failed(command: odd, termination: .signalled(9), said: odd), .oddAnswer(command: odd, found: odd),
            .unreadable(path: odd, reason: odd), .unwritable(path: odd, reason: odd),
            .malformed(path: odd, line: 3, reason: odd), .noSuchUser(odd), .notAWorkTree(path: odd, said: odd),
            .noSuchRemote(path: odd, remote: odd), .transportRefused(path: odd, remote: odd, url: odd),
            .pathLocked(path: odd, holder: odd), .pathLocked(path: odd, holder: nil), .noMetrics(url: odd, reason: odd),
            .notNotified(reason: odd),
        ]
        for error in errors {
            let text = error.description
            #expect(text.contains("x\\n\\x1b[1m\\u{202e}y"), "\(text)")
            #expect(text.contains("; "), "no remedy: \(text)")
            #expect(!text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202E })
        }
    }
}
