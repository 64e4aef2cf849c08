import Coordination
import DeployModel
import DeployProtocol
import Testing

/// How long what has ended stays in the Redis of the trading stack.
@Suite struct RetentionTests {
    private static func end(_ bench: Bench) async throws -> RolloutID {
        let id = try await bench.submit(bench.order())
        try await bench.finish(id, "h1")
        return id
    }

    private static func age(_ bench: Bench, _ ids: [RolloutID]) async throws {
        for (place, id) in ids.enumerated() {
            try await bench.send("ZADD", bench.keys.rollouts, "XX", String(place + 1), id.text)
        }
    }

    @Test func whatIsOldAndNotAmongTheNewestGoesAFewAtATime() async throws {
        try await Bench.with(settings: ["kept": 2]) { bench in
            var ids: [RolloutID] = []
            for _ in 0..<6 { ids.append(try await Self.end(bench)) }
            // Six, and none of them is old.
            #expect(try await bench.members(bench.keys.rollouts).count == 6)
            try await Self.age(bench, Array(ids.prefix(5)))
            let newest = try await Self.end(bench)
            #expect(try await bench.members(bench.keys.rollouts) == (ids[3...] + [newest]).map(\.text))
            let keys = try await bench.allKeys()
            for id in ids.prefix(3) { #expect(!keys.contains { $0.contains(id.text) }, "\(keys)") }
            #expect(keys.count { $0.contains(ids[3].text) } == 3)
            let last = try await Self.end(bench)
            #expect(try await bench.members(bench.keys.rollouts) == [ids[5], newest, last].map(\.text))
        }
    }

    @Test func whatIsAmongTheNewestStaysHoweverOld() async throws {
        try await Bench.with { bench in
            let old = try await Self.end(bench)
            try await Self.age(bench, [old])
            _ = try await Self.end(bench)
            #expect(try await bench.fleet.rollout(old)?.state == .succeeded)
        }
    }

    /// A rollout that goes on is nobody's to forget; what is no rollout is.
    @Test func whatGoesOnStays() async throws {
        try await Bench.with(settings: ["kept": 1]) { bench in
            let open = try await bench.submit(bench.order([("h2", ["t"])]))
            try await bench.send("ZADD", bench.keys.rollouts, "2", "nobody's")
            try await bench.send("SET", bench.keys.rollout(RolloutID(accepted: String(repeating: "9", count: 32))), "x")
            try await bench.send("ZADD", bench.keys.rollouts, "3", String(repeating: "9", count: 32))
            try await Self.age(bench, [open])
            let ended = try await Self.end(bench)
            #expect(try await bench.members(bench.keys.rollouts) == [open, ended].map(\.text))
            #expect(try await bench.job(open, "h2") == "dispatched")
        }
    }
}
