import Coordination
import DeployModel
import DeployProtocol
import RedisClient
import TestSupport
import Testing

/// What stands in Redis is read in parts whose size nobody else decides, and what can never be taken goes.
@Suite struct BoundedReadingTests {
    private static let h1 = HostName(accepted: "h1")
    private static let long = String(repeating: "x", count: 1 << 20)

    @Test func aBellOfAnySizeIsHeardThroughASmallReply() async throws {
        try await Bench.with { bench in
            let key = bench.keys.commands(Self.h1)
            let id = RolloutID.random()
            for _ in 0..<5 { try await bench.send("XADD", key, "*", "a", Self.long, "b", Self.long) }
            try await bench.send("XADD", key, "*", "v", "1", "op", "ask", "ask", id.text, "until", "9")
            var small = RedisConfiguration(address: bench.server.address, clientName: "small")
            small.replyLimit = 1 << 20
            let redis = RedisClient(small)
            let fleet = Fleet(name: bench.fleet.name, redis: redis)
            var place = StreamPlace(id: "0-0")
            var heard: [Bell] = []
            while case let bells = try await fleet.listen(Self.h1, behind: &place, wait: .zero), !bells.isEmpty {
                heard += bells
            }
            #expect(heard.count == 6 && heard.last == .question(id, until: Timestamp(milliseconds: 9)))
            #expect(try await fleet.bellEnd(Self.h1) == place)
            // Who waits at the end is woken by more than the connection reads: that costs the connection, and nothing else.
            try await bench.send("XADD", key, "*", "a", Self.long, "b", Self.long)
            try await bench.send("XADD", key, "*", "v", "1", "op", "ask", "ask", id.text, "until", "9")
            await #expect(throws: CoordinationError.self) {
                try await fleet.listen(Self.h1, behind: &place, wait: .seconds(5))
            }
            heard = []
            while case let bells = try await fleet.listen(Self.h1, behind: &place, wait: .zero), !bells.isEmpty {
                heard += bells
            }
            #expect(heard.count == 2 && heard.last == .question(id, until: Timestamp(milliseconds: 9)))
            await redis.close()
        }
    }

    @Test func valuesAreCutAndNoCharacterIsLostWithThem() async throws {
        try await Bench.with { bench in
            let id = RolloutID.random()
            let text = String(repeating: "é", count: 10_000)
            try await bench.send("XADD", bench.keys.events(id), "*", "kind", "output", "detail", "x" + text)
            var place = StreamPlace.beginning
            let events = try await bench.fleet.events(id, behind: &place, wait: .zero)
            #expect(events.first?.kind == "output")
            #expect(events.first?.detail == "x" + text.prefix(8191) + "\u{FFFD}")
        }
    }

    /// Entry ids are two numbers of 64 bits.
    @Test(arguments: [
        ("5-1", "", ["5-1", "7-0"]), ("5-1", "5-1", ["7-0"]), ("5-1", "7-0", []), ("5-1", "9-9", ["5-1", "7-0"]),
        ("5-1", "10-0", ["5-1", "7-0"]), ("5-1", "7-1", ["5-1", "7-0"]), ("5-1", "6-9", ["7-0"]),
        ("5-1", "18446744073709551615-18446744073709551615", ["5-1", "7-0"]),
    ])
    func aStreamThatBeganAnewIsReadFromItsBeginning(first: String, cursor: String, read: [String]) async throws {
        try await Bench.with { bench in
            let id = RolloutID.random()
            for place in [first, "7-0"] { try await bench.send("XADD", bench.keys.events(id), place, "kind", "job") }
            var place = StreamPlace(id: cursor)
            #expect(try await bench.fleet.events(id, behind: &place, wait: .zero).map(\.id) == read)
            #expect(place.id == "7-0")
            #expect(try await bench.fleet.events(id, behind: &place, wait: .zero) == [])
        }
    }

    @Test func theLastIdOfAllIsRead() async throws {
        try await Bench.with { bench in
            let id = RolloutID.random()
            let last = "18446744073709551615-18446744073709551615"
            for place in ["1-0", last] { try await bench.send("XADD", bench.keys.events(id), place, "kind", "job") }
            var place = StreamPlace.beginning
            #expect(try await bench.fleet.events(id, behind: &place, wait: .zero).count == 2)
            #expect(try await bench.fleet.events(id, behind: &place, wait: .milliseconds(1)) == [])
            #expect(place.id == last)
        }
    }

    @Test func anOrderThatIsTooLongIsNotRead() async throws {
        try await Bench.with { bench in
            let id = try await bench.submit(bench.order())
            let size = Int64(Self.long.utf8.count)
            try await bench.send("HSET", bench.keys.rollout(id), "order", Self.long, "signature", "")
            #expect(try await bench.fleet.orderText(id) == .tooLong(size))
            let attempt = AttemptName(rollout: id, host: Self.h1, operation: .deploy, number: 1)
            #expect(try await bench.fleet.pending(Self.h1) == Pending(attempts: [attempt], dropped: 0))
            try await bench.send("HDEL", bench.keys.rollout(id), "order")
            #expect(try await bench.fleet.orderText(id) == .missing)
            #expect(try await bench.fleet.orderText(.random()) == .missing)
        }
    }

    /// What the scripts dispatched stays until the host answers; everything else goes, and the audit says how much.
    @Test func whatNamesNothingDispatchedLeavesPending() async throws {
        try await Bench.with { bench in
            let good = try await bench.submit(bench.order())
            let key = bench.keys.pending(Self.h1)
            let order = try bench.order([("h1", ["t"])])
            var bad = BadInput(seed: Seed.value, keys: bench.keys, host: Self.h1, order: order)
            try await bad.write(1000, over: bench.redis)
            let newest = try await bench.submit(order)
            let named = (try await bench.send("HLEN", key)).integerValue ?? 0
            let pending = try await bench.fleet.pending(Self.h1)
            #expect(Set(pending.attempts.map(\.rollout)) == Set([good, newest] + bad.submitted))
            #expect(pending.dropped == Int(named) - pending.attempts.count && pending.dropped > 300)
            let left = try await bench.send("HLEN", key)
            #expect(left == .integer(Int64(pending.attempts.count)))
            let dropped = try await bench.stream(bench.keys.audit).filter { $0.contains("kind=drop") }
            #expect(!dropped.isEmpty && dropped.allSatisfy { $0.contains("host=h1") })
            #expect(try await bench.fleet.pending(Self.h1) == Pending(attempts: pending.attempts, dropped: 0))
        }
    }

    @Test func anOrderThatIsAloneComesAlongAsItsBytes() async throws {
        try await Bench.with { bench in
            let id = try await bench.submit(bench.order())
            #expect(try await bench.fleet.pending(Self.h1).order == bench.fleet.orderText(id))
            #expect(try await bench.fleet.pending(Self.h1, withOrder: false).order == nil)
            let words = ["HSET", bench.keys.rollout(id), "order", "text", "signature"].map { Array($0.utf8) }
            _ = try await bench.redis.call(RedisCommand(arguments: words + [[0xFF, 0x0A]]), within: .seconds(10))
            let order = StoredOrder.whole(text: Array("text".utf8), signature: [0xFF, 0x0A])
            #expect(try await bench.fleet.pending(Self.h1).order == order)
            #expect(try await bench.fleet.orderText(id) == order)
            _ = try await bench.submit(bench.order([("h1", ["t"])]))
            let pending = try await bench.fleet.pending(Self.h1)
            #expect(pending.attempts.count == 2 && pending.order == nil)
        }
    }

    @Test func theNewestIsFirst() async throws {
        try await Bench.with { bench in
            var ids: [RolloutID] = []
            for number in 0..<5 {
                let id = try await bench.submit(bench.order([("h1", ["s\(number)"])]))
                try await bench.send("HSET", bench.keys.pending(Self.h1), "\(id)/deploy/1", "\(1000 + number)")
                ids.append(id)
            }
            try await bench.send("HSET", bench.keys.pending(Self.h1), "\(ids[4])/deploy/1", "soon")
            #expect(try await bench.pending("h1") == [ids[3], ids[2], ids[1], ids[0], ids[4]])
        }
    }

    /// Each part of a job's hashes in turn is what it must not be.
    @Test(arguments: [
        ("rollout", "v", "2"), ("rollout", "state", "dancing"), ("rollout", "open", "some"),
        ("targets", "h1/state", "claimed"),
        ("targets", "h1/op", "fly"), ("targets", "h1/attempt", "2"),
    ])
    func aJobThatIsNotWholeIsNotOffered(hash: String, field: String, value: String) async throws {
        try await Bench.with { bench in
            let id = try await bench.submit(bench.order())
            let key = hash == "rollout" ? bench.keys.rollout(id) : bench.keys.targets(id)
            try await bench.send("HSET", key, field, value)
            #expect(try await bench.fleet.pending(Self.h1) == Pending(attempts: [], dropped: 1))
        }
    }

    @Test func aRefusalEndsAllTargetsOfTheHost() async throws {
        try await Bench.with { bench in
            let id = try await bench.submit(bench.order([("h1", ["s", "t"]), ("h2", ["s"])]))
            let attempt = AttemptName(rollout: id, host: Self.h1, operation: .deploy, number: 1)
            let refusal = Refusal(.orderMalformed, "no order", remedy: "submit again")
            #expect(try await bench.fleet.refuse(attempt, refusal) == nil)
            #expect(try await bench.state(id) == "failed")
            let targets = try await bench.fleet.targets(id, state: .failed)
            #expect(targets.map(\.verdict) == [.refused, .refused, .skipped])
            #expect(targets[0].rule == .orderMalformed && targets[0].error == "no order; submit again")
            #expect(targets[0].step == .admit && targets[1].commit?.text == Bench.new)
            let results = try await bench.stream(bench.keys.results)
            #expect(results.count == 2 && results[1].contains("verdict=refused") && results[1].contains("step=admit"))
            #expect(try await bench.pending("h1") == [])
            for service in ["s", "t"] {
                #expect(try await bench.hash(bench.keys.lease(ServiceName(accepted: service))).isEmpty)
            }
            #expect(try await bench.fleet.refuse(attempt, refusal) == "ended")
        }
    }

    @Test func onlyWhatIsDispatchedCanBeRefused() async throws {
        try await Bench.with { bench in
            let id = try await bench.submit(bench.order())
            let attempt = AttemptName(rollout: id, host: Self.h1, operation: .deploy, number: 1)
            _ = try await bench.fleet.accept(attempt)
            let state = try await bench.unchanged("refuse") {
                try await bench.fleet.refuse(attempt, Refusal(.orderExpired, "late"))
            }
            #expect(state == "accepted")
            let unknown = AttemptName(rollout: .random(), host: Self.h1, operation: .deploy, number: 1)
            #expect(try await bench.fleet.refuse(unknown, Refusal(.orderExpired, "late")) == "unknown to Redis")
        }
    }
}
