import Coordination
import DeployModel
import DeployProtocol
import RedisClient
import TestSupport
import Testing

/// The users of an ACL file on a real server: what each can do, and that what is refused changes nothing.
@Suite(.timeLimit(.minutes(5))) struct RedisAccessTests {
    private static let password = "a-password"

    /// A client that is such a user of the bench's fleet.
    private func client(_ access: RedisAccess, _ bench: Bench) async throws -> RedisClient {
        let user = access.user(bench.fleet.name, "h1")
        let rules = access.rules(bench.fleet.name).split(separator: " ").map(String.init)
        let words = ["ACL", "SETUSER", user, "on", ">\(Self.password)"] + rules
        #expect(try await bench.redis.call(RedisCommand(words: words), within: .seconds(5)) == .status("OK"))
        return bench.server.client("restricted", username: user, password: Self.password)
    }

    /// What each script is given here: enough that it would write, were it allowed to.
    private func arguments(_ script: Script, _ id: RolloutID, _ bench: Bench) -> [String] {
        let fleet = bench.fleet.name.text
        switch script.name {
        case "submit":
            return [RolloutID.random().text, "text", "", fleet, "ada", "", "deploy", "qt", "main", Bench.new]
                + [
                    "4000000000000", "4000000000000", "0", "1", "0", "none", "0", "halt", "revert", "1", "0", "h1",
                    "other",
                ]
        case "stage": return [RolloutID.random().text, "1", fleet, "h1", "other"]
        case "page": return [bench.keys.audit, "", "10"]
        case "order": return [id.text, "1000000"]
        default: return Array(repeating: "h1", count: script.header.arguments.count)
        }
    }

    @Test(arguments: [RedisAccess.agent, .operator]) func whoMayWriteCanDoEveryOperation(
        access: RedisAccess
    ) async throws {
        try await Bench.with { bench in
            let redis = try await client(access, bench)
            let restricted = Bench(
                server: bench.server, redis: redis, fleet: Fleet(name: bench.fleet.name, redis: redis), keys: bench.keys
            )
            try await FleetTests.everyOperation(restricted)
            await redis.close()
        }
    }

    @Test(arguments: Script.all.map(\.name)) func nothingThatAViewerCallsChangesAnything(name: String) async throws {
        let script = try #require(Script.all.first { $0.name == name })
        try await Bench.with { bench in
            let id = try await bench.submit(bench.order())
            let redis = try await client(.viewer, bench)
            let command = RedisScript(name: script.name, source: script.source, isReadOnly: script.isReadOnly)
            let arguments = arguments(script, id, bench).map { Array($0.utf8) }
            try await bench.unchanged(name) {
                // As ours call it, and by force.
                let reply = try? await redis.evaluate(
                    command, keys: [bench.keys.meta], arguments: arguments, within: .seconds(5))
                #expect((reply != nil) == script.isReadOnly, "\(name): \(String(describing: reply))")
                for verb in ["EVAL", "EVAL_RO"] {
                    let words = [Array(verb.utf8), script.source, Array("1".utf8), Array(bench.keys.meta.utf8)]
                    _ = try? await redis.call(RedisCommand(arguments: words + arguments), within: .seconds(5))
                }
                return name
            }
            await redis.close()
        }
    }

    @Test func aViewerSeesTheFleet() async throws {
        try await Bench.with { bench in
            let id = try await bench.submit(bench.order())
            let redis = try await client(.viewer, bench)
            let fleet = Fleet(name: bench.fleet.name, redis: redis)
            #expect(try await fleet.hosts().map(\.name.text) == ["h1", "h2"])
            #expect(try await fleet.rollouts(newest: 5).map(\.id) == [id])
            #expect(try await fleet.targets(id, state: .running).isEmpty == false)
            var place = StreamPlace.beginning
            #expect(try await fleet.events(id, behind: &place, wait: .zero).isEmpty == false)
            await redis.close()
        }
    }

    static let outside: [[String]] = [
        ["GET", "stack:position"], ["SET", "stack:position", "1"], ["DEL", "stack:position"], ["KEYS", "*"],
        ["SCAN", "0"],
        ["FLUSHALL"], ["CONFIG", "GET", "*"], ["ACL", "LIST"], ["SCRIPT", "FLUSH"], ["CLIENT", "LIST"],
        ["PUBLISH", "c", "m"], ["SUBSCRIBE", "c"], ["RENAME", "stack:position", "{qt:%}:meta"],
        ["RENAME", "{qt:%}:meta", "stack:position"], ["EVAL", "return redis.call('GET', 'stack:position')", "0"],
        ["EVAL", "return redis.call('FLUSHALL')", "0"], ["EVAL", "return redis.call('HGET', 'stack:h', 'f')", "0"],
        ["HSET", "{qt:other}:meta", "v", "1"], ["SHUTDOWN"],
        ["REPLICAOF", "h", "1"], ["MONITOR"], ["MIGRATE", "h", "1", "k", "0", "1"],
    ]

    /// Not even who may write in the fleet reaches the stack's keys, another fleet's or the server.
    @Test(arguments: RedisAccess.allCases) func nobodyLeavesTheFleet(access: RedisAccess) async throws {
        try await Bench.with { bench in
            try await bench.send("SET", "stack:position", "7")
            let redis = try await client(access, bench)
            for words in Self.outside {
                let command = RedisCommand(words: words.map { $0.replacing("%", with: bench.fleet.name.text) })
                let reply = try await redis.pipeline([command], within: .seconds(5)).first
                guard case .error(let error)? = reply else {
                    Issue.record("\(access) \(words): \(String(describing: reply))")
                    continue
                }
                let isRight = error.code == "NOPERM" || error.message.contains("user executing the script can't")
                #expect(isRight, "\(words): \(error)")
            }
            #expect(try await bench.send("GET", "stack:position").text == "7")
            await redis.close()
        }
    }

    /// A user of the stack, kept to its own keys, sees and changes nothing of the fleet.
    @Test func theStackKeepsToItsOwn() async throws {
        try await Bench.with { bench in
            _ = try await bench.submit(bench.order())
            try await bench.send(
                "ACL", "SETUSER", "trading", "on", ">\(Self.password)", "~stack:*", "&*", "+@all", "-@admin",
                "-@dangerous", "+info")
            let redis = bench.server.client("stack", username: "trading", password: Self.password)
            try await bench.unchanged("the stack") {
                for key in try await bench.allKeys() {
                    for words in [
                        ["TYPE", key], ["DEL", key], ["RENAME", key, "stack:mine"], ["COPY", key, "stack:mine"],
                    ] {
                        let replies = try await redis.pipeline([RedisCommand(words: words)], within: .seconds(5))
                        guard case .error? = replies.first else {
                            Issue.record("\(words)")
                            continue
                        }
                    }
                }
                return true
            }
            await redis.close()
        }
    }
}
