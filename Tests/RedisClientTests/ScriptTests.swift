import TestSupport
import Testing

@testable import RedisClient

@Suite struct ScriptTests {
    private let patience = Duration.seconds(10)
    private let one = RedisScript(name: "set", source: Array("redis.call('SET', KEYS[1], ARGV[1]) return 1".utf8))
    private let two = RedisScript(name: "set", source: Array("redis.call('SET', KEYS[1], ARGV[1]) return 2".utf8))

    /// How often the server ran a command.
    private func count(_ command: String, _ client: RedisClient) async throws -> Int {
        let info = try await client.call(RedisCommand("INFO", "commandstats"), within: patience).text ?? ""
        let line = info.split(separator: "\r\n").first { $0.hasPrefix("cmdstat_\(command):calls=") }
        return line.flatMap { Int($0.split(separator: "=")[1].prefix(while: \.isNumber)) } ?? 0
    }

    private func run(
        _ script: RedisScript, on client: RedisClient, _ argument: [UInt8] = [0, 0xff]
    ) async throws -> RedisValue {
        try await client.evaluate(script, keys: ["k"], arguments: [argument], within: patience)
    }

    @Test func theDigestIsSentOnceTheServerHasToldIt() async throws {
        try await RedisServer.with { server async throws in
            let client = server.client("scripts")
            #expect(try await run(one, on: client) == .integer(1))
            #expect(try await count("script|load", client) == 0, "a script that is called once is read once")
            for _ in 0..<3 { #expect(try await run(one, on: client) == .integer(1)) }
            #expect(try await client.call(RedisCommand("GET", "k"), within: patience) == .bulk([0, 0xff]))
            #expect(try await count("script|load", client) == 1)
            #expect(try await count("eval", client) == 2)
            #expect(try await count("evalsha", client) == 2)
        }
    }

    @Test func aFlushedScriptIsSentAgain() async throws {
        try await RedisServer.with { server in
            let client = server.client("scripts")
            for _ in 0..<2 { _ = try await run(one, on: client) }
            _ = try await client.call(RedisCommand("SCRIPT", "FLUSH"), within: patience)
            for _ in 0..<2 { #expect(try await run(one, on: client) == .integer(1)) }
            #expect(try await count("eval", client) == 3)
            #expect(try await count("evalsha", client) == 2, "one was refused, one ran")
        }
    }

    @Test func aRestartedServerLearnsTheScriptAgain() async throws {
        try await RedisServer.with { server in
            let client = server.client("scripts")
            for _ in 0..<2 { _ = try await run(one, on: client) }
            try await server.kill()
            try await server.start()
            try await until("the script runs") { (try? await run(one, on: client)) == .integer(1) }
        }
    }

    @Test func twoVersionsOfOneNameRunSideBySide() async throws {
        try await RedisServer.with { server async throws in
            let old = server.client("old")
            let new = server.client("new")
            for _ in 0..<3 {
                #expect(try await run(one, on: old) == .integer(1))
                #expect(try await run(two, on: new) == .integer(2))
                #expect(try await run(two, on: old) == .integer(2))
            }
        }
    }

    @Test func aUserWhoMayNotLoadStillRuns() async throws {
        try await RedisServer.with { server in
            let admin = server.client("admin")
            _ = try await admin.call(
                RedisCommand("ACL", "SETUSER", "u", "on", ">pw", "~*", "+@all", "-script"), within: patience)
            let client = RedisClient(
                RedisConfiguration(
                    address: server.address, username: "u", password: RedisPassword("pw"), clientName: "c"))
            for _ in 0..<3 { #expect(try await run(one, on: client) == .integer(1)) }
            #expect(try await count("script|load", admin) == 0)
            #expect(try await count("eval", admin) == 3)
        }
    }

    @Test func aScriptThatFailsSaysSo() async throws {
        try await RedisServer.with { server in
            let client = server.client("scripts")
            let broken = RedisScript(name: "broken", source: Array("return redis.call('LPOP', 'k')".utf8))
            _ = try await client.call(RedisCommand("SET", "k", "v"), within: patience)
            for _ in 0..<2 {
                let error = await #expect(throws: RedisError.self) { try await run(broken, on: client) }
                guard case .reply(let reply)? = error else {
                    Issue.record("\(String(describing: error))")
                    return
                }
                #expect(reply.code == "WRONGTYPE" && reply.kind == .misuse)
            }
            let nonsense = RedisScript(name: "nonsense", source: Array("return (".utf8))
            let error = await #expect(throws: RedisError.self) { try await run(nonsense, on: client) }
            #expect(error?.description.contains("Error compiling script") == true)
        }
    }
}
