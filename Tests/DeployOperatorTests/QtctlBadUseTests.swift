import Coordination
import DeployModel
import DeployProtocol
import Foundation
import RedisClient
import SystemPackage
import TestSupport
import Testing

@testable import DeployOperator

/// What comes of a use that nobody had in mind.
@Suite(.serialized, .timeLimit(.minutes(5))) struct QtctlBadUseTests {
    /// `| head` leaves while the rollout goes on: the follower leaves too, quietly, and changes nothing.
    @Test func aClosedPipeEndsTheFollowerAndNothingElse() async throws {
        try await PlayedRollout.with(2) { stage in
            try await TemporaryFolder.with { folder async throws in
                let code = folder.appending("code").string
                let script = """
                    { qtctl follow \(stage.id.short) --json; echo $? >\(code).new; mv \(code).new \(code); } | head -n 1
                    """
                async let answer = Qtctl.run(script, stage.variables)
                // Whoever writes nothing does not learn that nobody reads: something must happen, until it has.
                let token = try await stage.begin("h1")
                try await until("the follower has left") {
                    try await stage.tell("h1", token, StepEvent(step: .lease, state: .waiting, detail: "still"))
                    return FileManager.default.fileExists(atPath: code)
                }
                #expect(try String(contentsOfFile: code, encoding: .utf8) == "130\n")
                #expect(await answer.output.split(separator: "\n").count == 1)
                #expect(try await stage.stage.fleet.rollout(stage.id)?.state == .running)
            }
        }
    }

    /// Bytes that are no text, and codes that would move the cursor or set the title, from a log that anybody writes.
    @Test func foreignBytesReachNoTerminal() async throws {
        try await PlayedRollout.with(1) { stage in
            let token = try await stage.begin("h1")
            try await stage.tell(
                "h1", token, StepEvent(step: .fetch, state: .output, detail: "a\u{1b}]0;owned\u{7}b\u{202e}c"))
            // As a host of another version might write it.
            let key = Keys(fleet: StandIn.name).events(stage.id)
            let raw = [
                "XADD", key, "*", "v", "1", "kind", "output", "host", "h1", "step", "fetch", "state", "output",
                "detail",
            ]
            _ = try await stage.stage.server.client("raw").call(
                RedisCommand(
                    arguments: raw.map { Array($0.utf8) } + [
                        Array("before".utf8) + [0xFF, 0xFE, 0x1B, 0x5B, 0x32, 0x4A] + Array("behind".utf8)
                    ]),
                within: .seconds(10))
            for command in ["logs \(stage.id.short)", "logs \(stage.id.short) --json"] {
                let answer = await Qtctl.run("qtctl \(command)", stage.variables)
                #expect(answer.code == 0 && answer.output.contains("owned"), "\(answer)")
                #expect(answer.output.contains("before") && answer.output.contains("behind"), "\(answer)")
                let bytes = Set(answer.output.utf8)
                #expect(bytes.isDisjoint(with: [0x07, 0x1B]), "\(command): \(answer.output.debugDescription)")
                #expect(!answer.output.contains("\u{202e}"))
            }
        }
    }

    @Test func aHostThatNobodyHasIsNamed() async throws {
        try await PlayedRollout.with(1) { stage in
            for (words, named, code) in [
                ("role=nobody", "role=nobody", ExitCode.refused), ("h9", "h9", .refused),
                ("edge-*", "edge-*", .refused),
                ("@/nowhere/hosts", "/nowhere/hosts", .usage),
            ] {
                for command in ["plan --all", "status", "deploy --all --yes"] {
                    let answer = await Qtctl.run("qtctl \(command) --host '\(words)' 2>&1", stage.variables)
                    #expect(answer.code == code.rawValue, "\(command) \(words): \(answer)")
                    #expect(answer.output.contains(named), "\(command) \(words): \(answer)")
                }
            }
        }
    }

    @Test func anIdThatTwoRolloutsHaveIsAskedForInFull() async throws {
        try await PlayedRollout.with(1) { stage in
            let fleet = stage.stage.fleet
            let twin = String(stage.id.text.prefix(8)) + String(repeating: "0", count: 24)
            let key = Keys(fleet: StandIn.name).rollouts
            try #require(twin != stage.id.text)
            _ = try await stage.stage.server.client("raw").call(
                RedisCommand(words: ["ZADD", key, "1", twin]), within: .seconds(10))
            for command in ["show", "follow", "logs"] {
                let answer = await Qtctl.run("qtctl \(command) \(stage.id.short) 2>&1", stage.variables)
                #expect(answer.code == ExitCode.broken.rawValue, "\(answer)")
                #expect(answer.output.contains(twin.prefix(9)) && answer.output.contains("2 rollouts"), "\(answer)")
            }
            #expect(try await fleet.rollout(stage.id)?.state == .running)
        }
    }
}
