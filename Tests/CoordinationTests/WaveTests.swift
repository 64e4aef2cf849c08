import Coordination
import DeployModel
import DeployProtocol
import Testing

/// How a rollout moves from wave to wave, and how it ends.
@Suite struct WaveTests {
    private static func hosts(_ count: Int) -> [String] { (1...count).map { "h\($0)" } }
    private static func lines(_ count: Int) -> [(String, [String])] { hosts(count).map { ($0, ["s"]) } }

    private static func open(_ bench: Bench, _ id: RolloutID, _ count: Int) async throws -> [String] {
        let targets = try await bench.hash(bench.keys.targets(id))
        return hosts(count).filter { targets[$0 + "/state"] == "dispatched" }
    }

    @Test(arguments: [
        ("1", 3, [1, 1, 1]), ("2", 5, [2, 2, 1]), ("50%", 5, [3, 2]), ("1,3", 6, [1, 3, 2]), ("100%", 4, [4]),
    ])
    func waves(text: String, count: Int, sizes: [Int]) async throws {
        try await Bench.with(Self.hosts(count)) { bench in
            let id = try await bench.submit(bench.order(Self.lines(count), waves: text))
            for (number, size) in sizes.enumerated() {
                let open = try await Self.open(bench, id, count)
                #expect(open.count == size)
                #expect(try await bench.hash(bench.keys.rollout(id))["wave"] == String(number + 1))
                for host in open {
                    #expect(try await bench.state(id) == "running")
                    // The next wave begins with the last verdict of this one, not before.
                    #expect(try await Self.open(bench, id, count).allSatisfy { open.contains($0) })
                    try await bench.finish(id, host)
                }
            }
            #expect(try await bench.state(id) == "succeeded")
        }
    }

    @Test func aLargeWaveIsDispatchedPartByPart() async throws {
        try await Bench.with(Self.hosts(24)) { bench in
            let id = try await bench.submit(bench.order(Self.lines(24), waves: "100%"))
            #expect(try await Self.open(bench, id, 24).count == 0)
            for expected in [5, 5, 5, 5, 4] {
                // All that were out have ended before the rest is dispatched: the wave is not over.
                #expect(try await bench.state(id) == "running")
                #expect(try await bench.run(.tick, []).first == "ok")
                #expect(try await Self.open(bench, id, 24).count == expected)
                for host in try await Self.open(bench, id, 24) { try await bench.finish(id, host) }
            }
            #expect(try await bench.state(id) == "succeeded")
            #expect(try await bench.hash(bench.keys.rollout(id))["wave"] == "1")
        }
    }

    /// A small order needs no timer: its hosts hear of it in the call that takes it.
    @Test func aSmallWaveIsDispatchedAtOnce() async throws {
        let count = Fleet.hostsInSubmit
        try await Bench.with(Self.hosts(count)) { bench in
            let id = try await bench.submit(bench.order(Self.lines(count), waves: "100%"))
            #expect(try await Self.open(bench, id, count).count == count)
        }
    }

    @Test func aHaltDispatchesNothingMoreOfALargeWave() async throws {
        try await Bench.with(Self.hosts(12)) { bench in
            let id = try await bench.submit(bench.order(Self.lines(12), waves: "100%"))
            #expect(try await bench.run(.tick, []).first == "ok")
            #expect(try await bench.report(id, "h1", token: "", [("s", "refused")]) == ["ok"])
            #expect(try await bench.state(id) == "halting")
            try await bench.fireDue()
            #expect(try await Self.open(bench, id, 12).count == 4)
            for host in Self.hosts(5).dropFirst() { try await bench.finish(id, host) }
            #expect(try await bench.state(id) == "failed")
            #expect(try await bench.job(id, "h12") == "waiting")
            let last = try await bench.fleet.targets(id, state: .failed).last
            #expect(last?.verdict == .skipped && last?.host.text == "h12")
        }
    }

    @Test(arguments: [(Int64(0), "halting"), (1, "running")])
    func failures(maximum: Int64, state: String) async throws {
        try await Bench.with(Self.hosts(3)) { bench in
            let id = try await bench.submit(bench.order(Self.lines(3), waves: "2,1", maxFailures: maximum))
            try await bench.finish(id, "h1", "reverted")
            #expect(try await bench.state(id) == state)
            try await bench.finish(id, "h2")
            guard maximum == 1 else {
                #expect(try await bench.state(id) == "failed")
                #expect(try await bench.job(id, "h3") == "waiting")
                return
            }
            try await bench.finish(id, "h3")
            #expect(try await bench.state(id) == "failed", "within the limit, and still not a success")
            let outcomes = try await bench.fleet.targets(id, state: .failed)
            #expect(ExitCode.of(outcomes, rollout: .failed) == .failedAndChanged)
        }
    }

    @Test func notAcceptedInTime() async throws {
        try await Bench.with(settings: ["accept_ms": 1]) { bench in
            let id = try await bench.submit(bench.order([("h1", ["s", "t"])]))
            try await Self.tick(bench) { try await bench.state(id) == "failed" }
            let targets = try await bench.hash(bench.keys.targets(id))
            #expect(targets["h1/s/verdict"] == "unreachable" && targets["h1/t/rule"] == "not_accepted")
            let results = try await bench.stream(bench.keys.results)
            #expect(results.count == 2 && results[0].contains("verdict=unreachable"))
            #expect(try await bench.pending("h1") == [])
            #expect(try await bench.call(.accept, id, "h1") == ["closed", "ended"])
        }
    }

    @Test func silentBeforeTheClaimIsUnreachable() async throws {
        try await Bench.with(settings: ["silence_ms": 1]) { bench in
            let id = try await bench.submit(bench.order())
            #expect(try await bench.call(.accept, id, "h1") == ["ok"])
            try await Self.tick(bench) { try await bench.state(id) == "failed" }
            #expect(try await bench.hash(bench.keys.targets(id))["h1/s/verdict"] == "unreachable")
            #expect(try await bench.call(.claim, id, "h1", "0") == ["closed", "ended"])
        }
    }

    @Test func silentAfterTheClaimComesBackAndIsGoodAfterAll() async throws {
        try await Bench.with { bench in
            let id = try await bench.submit(bench.order([("h1", ["s"]), ("h2", ["s"])], maxFailures: 1))
            let token = try await bench.claim(id, "h1")
            #expect(try await bench.fire("silence/\(id)/h1"))
            #expect(try await bench.job(id, "h1") == "silent")
            #expect(try await bench.job(id, "h2") == "waiting", "a silent host holds the wave open")
            #expect(try await bench.hash(bench.keys.rollout(id))["failed_hosts"] == "1")
            let lease = bench.keys.lease(ServiceName(accepted: "s"))
            #expect(try await bench.hash(lease)["holder:h1"] != nil)
            #expect(try await bench.call(.step, id, "h1", token, "", "verify", "begun", "", "") == ["ok"])
            #expect(try await bench.call(.renew, id, "h1", token) == ["ok", "30000"])
            #expect(try await bench.job(id, "h1") == "claimed")
            #expect(try await bench.members(bench.keys.timers).contains("unknown/\(id)/h1") == false)
            #expect(try await bench.report(id, "h1", token: token, [("s", "verified")]) == ["ok"])
            #expect(try await bench.hash(bench.keys.rollout(id))["failed_hosts"] == "0")
            try await bench.finish(id, "h2")
            #expect(try await bench.state(id) == "succeeded")
        }
    }

    /// A host that lost its power between the claim and the line of its journal that keeps the token, and boots for longer
    /// than `silence_ms`.
    @Test func silentWithoutItsTokenGetsItByClaimingAgain() async throws {
        try await Bench.with { bench in
            let id = try await bench.submit(bench.order())
            let token = try await bench.claim(id, "h1")
            #expect(try await bench.fire("silence/\(id)/h1"))
            #expect(try await bench.report(id, "h1", token: "", [("s", "failed")]) == ["superseded"])
            #expect(try await bench.call(.claim, id, "h1", "0") == ["ok", token, "30000"])
            #expect(try await bench.members(bench.keys.timers).contains("unknown/\(id)/h1") == false)
            #expect(try await bench.report(id, "h1", token: token, [("s", "failed")]) == ["ok"])
            #expect(try await bench.hash(bench.keys.targets(id))["h1/s/verdict"] == "failed")
        }
    }

    @Test func silentToTheEndIsUnknown() async throws {
        try await Bench.with(settings: ["unknown_ms": 1]) { bench in
            let id = try await bench.submit(bench.order([("h1", ["s"]), ("h2", ["s"])]))
            let token = try await bench.claim(id, "h1")
            #expect(try await bench.fire("silence/\(id)/h1"))
            try await Self.tick(bench) { try await bench.state(id) == "failed" }
            #expect(try await bench.hash(bench.keys.targets(id))["h1/s/verdict"] == "unknown")
            #expect(try await bench.job(id, "h2") == "waiting")
            #expect(try await bench.report(id, "h1", token: token, [("s", "verified")]) == ["closed", "ended"])
            #expect(try await bench.allKeys().allSatisfy { !$0.contains(":lease:") })
        }
    }

    @Test func aBeatOfTheJobIsASignOfLife() async throws {
        try await Bench.with { bench in
            let id = try await bench.submit(bench.order())
            _ = try await bench.claim(id, "h1")
            let timer = "silence/\(id)/h1"
            try await bench.send("ZADD", bench.keys.timers, "XX", "0", timer)
            try await bench.beat("h1", rollout: id.text)
            try await bench.fireDue()
            #expect(try await bench.job(id, "h1") == "claimed")
            try await bench.send("ZADD", bench.keys.timers, "XX", "0", timer)
            try await bench.beat("h1")
            try await bench.fireDue()
            #expect(try await bench.job(id, "h1") == "silent", "a beat without the job is none")
        }
    }

    @Test func untilEndsWhatHasNotBegun() async throws {
        try await Bench.with { bench in
            let id = try await bench.submit(bench.order([("h1", ["s"]), ("h2", ["s"])]))
            #expect(try await bench.fire("until/\(id)/"))
            #expect(try await bench.state(id) == "halting")
            try await bench.finish(id, "h1")
            #expect(try await bench.state(id) == "expired")
            #expect(try await bench.job(id, "h2") == "waiting")
            let late = try await bench.submit(bench.order([("h1", ["s"]), ("h2", ["s"])]))
            #expect(try await bench.fire("until/\(late)/"))
            try await bench.finish(late, "h1", "failed")
            #expect(try await bench.state(late) == "failed")
            let last = try await bench.submit(bench.order())
            #expect(try await bench.fire("until/\(last)/"))
            try await bench.finish(last, "h1")
            #expect(try await bench.state(last) == "succeeded", "all that was ordered was done")
        }
    }

    @Test func soakLiesBetweenTheFirstAndTheSecondWave() async throws {
        try await Bench.with(Self.hosts(3)) { bench in
            let id = try await bench.submit(bench.order(Self.lines(3), soak: 3600))
            try await bench.finish(id, "h1")
            #expect(try await bench.state(id) == "soaking")
            try await bench.fireDue()
            #expect(try await bench.job(id, "h2") == "waiting")
            #expect(try await bench.fire("soak/\(id)/"))
            #expect(try await bench.state(id) == "running")
            #expect(try await bench.job(id, "h2") == "dispatched")
            try await bench.finish(id, "h2")
            // SPEC: soak_s is the time after the first wave.
            #expect(try await bench.state(id) == "running")
            #expect(try await bench.job(id, "h3") == "dispatched")
        }
    }

    @Test func untilDuringTheSoakExpiresIt() async throws {
        try await Bench.with(Self.hosts(2)) { bench in
            let id = try await bench.submit(bench.order(Self.lines(2), soak: 3600))
            try await bench.finish(id, "h1")
            #expect(try await bench.fire("until/\(id)/"))
            #expect(try await bench.state(id) == "expired")
            #expect(try await bench.fire("soak/\(id)/"))
            #expect(try await bench.job(id, "h2") == "waiting")
        }
    }

    /// Ticks until the condition holds; the server's clock moves on by itself.
    private static func tick(_ bench: Bench, until done: () async throws -> Bool) async throws {
        for _ in 0..<2_000 {
            _ = try await bench.fleet.tick()
            if try await done() { return }
        }
        Issue.record("the timer never fell due")
    }
}
