import Coordination
import DeployModel
import DeployProtocol
import RedisClient
import TestSupport
import Testing

/// A Redis that may have forgotten what it granted grants nothing new for the time of a lease, and lets no timer speak for a
/// host that could not be heard.
@Suite struct HoldTests {
    /// How a fleet comes to be in doubt: what an administrator, a restart or a clock does to what a beat wrote.
    struct Doubt: Sendable, CustomTestStringConvertible {
        var cause: Hold.Cause
        var make: @Sendable (Bench) async throws -> Void
        var testDescription: String { cause.rawValue }
    }

    static let doubts = [
        Doubt(cause: .memory) { bench in try await bench.send("HDEL", bench.keys.meta, "run_id", "last_beat") },
        // A server that came back with its data is another one, as far as anybody can know.
        Doubt(cause: .restart) { bench in try await bench.send("HSET", bench.keys.meta, "run_id", "0abc") },
        Doubt(cause: .clock) { bench in try await setLastBeat(bench, aheadBy: 3_600_000) },
        Doubt(cause: .away) { bench in try await setLastBeat(bench, aheadBy: -1_100_000_000) },
    ]

    /// A lease, and so a hold, that no test outlasts.
    private static let lease = ["lease_ttl_ms": 10_000_000]

    private static func setLastBeat(_ bench: Bench, aheadBy milliseconds: Int64) async throws {
        let now = try await bench.fleet.serverTime().milliseconds
        try await bench.send("HSET", bench.keys.meta, "last_beat", String(now + milliseconds))
    }

    private static func attempt(_ id: RolloutID) -> AttemptName {
        AttemptName(rollout: id, host: HostName(accepted: "h1"), operation: .deploy, number: 1)
    }

    /// Before any beat has written the doubt down, and afterwards.
    @Test(arguments: doubts) func nothingNewIsGranted(doubt: Doubt) async throws {
        try await Bench.with(settings: Self.lease) { bench in
            let id = try await bench.submit(bench.order())
            #expect(try await bench.call(.accept, id, "h1") == ["ok"])
            let other = try bench.order([("h2", ["t"])])
            try await doubt.make(bench)
            for isNoted in [false, true] {
                if isNoted { try await bench.beat("h1") }
                let claim = try await bench.unchanged("claim") {
                    try await bench.fleet.claim(Self.attempt(id), floor: 0)
                }
                let submit = try await bench.unchanged("submit") { try await bench.fleet.submit(other, signature: []) }
                guard case .onHold(let claimHold) = claim, case .onHold(let submitHold) = submit else {
                    Issue.record("\(claim), \(submit)")
                    return
                }
                #expect(claimHold.cause == doubt.cause && submitHold.cause == doubt.cause)
                #expect(claimHold.remaining > .zero && claimHold.remaining <= .seconds(10_000))
            }
            try await bench.send("HSET", bench.keys.meta, "hold_until", "1")
            #expect(try await bench.fleet.submit(other, signature: []) == .taken)
            guard case .granted = try await bench.fleet.claim(Self.attempt(id), floor: 0) else {
                Issue.record("not granted after the hold")
                return
            }
        }
    }

    @Test(arguments: doubts) func aBeatWritesItDownOnce(doubt: Doubt) async throws {
        try await Bench.with(settings: Self.lease) { bench in
            try await doubt.make(bench)
            try await bench.beat("h1")
            let meta = try await bench.hash(bench.keys.meta)
            let now = try await bench.fleet.serverTime().milliseconds
            let ends = try #require(Int64(meta["hold_until"] ?? ""))
            #expect(ends <= now + 10_000_000 && ends > now)
            #expect(meta["hold_cause"] == doubt.cause.rawValue)
            let audited = try await bench.stream(bench.keys.audit).filter { $0.contains("kind=hold") }
            #expect(audited.last?.contains("detail=\(doubt.cause.rawValue)") == true)
            // Beats go on, and the hold does not grow with them.
            for host in ["h1", "h2"] { try await bench.beat(host) }
            let later = try await bench.hash(bench.keys.meta)
            #expect(later["hold_until"] == meta["hold_until"])
            #expect(try await bench.stream(bench.keys.audit).filter { $0.contains("kind=hold") } == audited)
        }
    }

    /// Hosts that could not be heard are not called unreachable or unknown for it.
    @Test(arguments: doubts) func noTimerSpeaksForAHost(doubt: Doubt) async throws {
        try await Bench.with(["h1", "h2", "h3"], settings: Self.lease) { bench in
            let waiting = try await bench.submit(bench.order())
            let claimed = try await bench.submit(bench.order([("h2", ["t"])]))
            _ = try await bench.claim(claimed, "h2")
            let silent = try await bench.submit(bench.order([("h3", ["u"])]))
            _ = try await bench.claim(silent, "h3")
            try await bench.fire("silence/\(silent)/h3")
            let due = ["accept/\(waiting)/h1", "silence/\(claimed)/h2", "unknown/\(silent)/h3"]
            for timer in due { try await bench.send("ZADD", bench.keys.timers, "0", timer) }
            try await doubt.make(bench)
            let reply = try await bench.unchanged("tick before a beat") { try await bench.run(.tick, []) }
            #expect(reply == ["none"])
            try await bench.beat("h1")
            try await bench.fireDue()
            #expect(try await bench.job(waiting, "h1") == "dispatched")
            #expect(try await bench.job(claimed, "h2") == "claimed")
            #expect(try await bench.job(silent, "h3") == "silent")
            let ends = try await bench.hash(bench.keys.meta)["hold_until"] ?? ""
            for timer in due {
                let score = try await bench.send("ZSCORE", bench.keys.timers, timer).text ?? ""
                #expect(score == ends, "\(timer) falls due with the end of the hold")
            }
            try await bench.send("HSET", bench.keys.meta, "hold_until", "1")
            for timer in due { #expect(try await bench.fire(timer)) }
            #expect(try await bench.job(waiting, "h1") == "ended")
            #expect(try await bench.job(claimed, "h2") == "silent")
            #expect(try await bench.job(silent, "h3") == "ended")
        }
    }

    /// What was granted before may be renewed and must be heard.
    @Test(arguments: doubts) func whatRunsGoesOn(doubt: Doubt) async throws {
        try await Bench.with(settings: Self.lease) { bench in
            let id = try await bench.submit(bench.order([("h1", ["s"]), ("h2", ["s"])]))
            let token = try await bench.claim(id, "h1")
            try await doubt.make(bench)
            try await bench.beat("h1", rollout: id.text)
            #expect(try await bench.call(.renew, id, "h1", token) == ["ok", "10000000"])
            #expect(try await bench.report(id, "h1", token: token, [("s", "verified")]) == ["ok"])
            // The next host is rung, and its claim waits.
            #expect(try await bench.call(.accept, id, "h2") == ["ok"])
            #expect(try await bench.call(.claim, id, "h2", "0").first == "hold")
        }
    }

    /// A clock that went back by an hour must not keep a dead host's timers waiting for an hour; the order's own end is a time
    /// of the calendar and stays.
    @Test func timersGoBackWithTheClock() async throws {
        try await Bench.with(settings: Self.lease) { bench in
            let id = try await bench.submit(bench.order([("h1", ["s"])], until: 4_000_000_000_000))
            let accept = "accept/\(id)/h1"
            let timers = bench.keys.timers
            let before = try #require(Int64(try await bench.send("ZSCORE", timers, accept).text ?? ""))
            let hour: Int64 = 3_600_000
            try await bench.send("ZADD", timers, String(before + hour), accept)
            try await Self.setLastBeat(bench, aheadBy: hour)
            try await bench.beat("h1")
            let after = try #require(Int64(try await bench.send("ZSCORE", timers, accept).text ?? ""))
            // Both moved by the same hour, but for the moment between the two times.
            #expect(abs(after - before) < hour / 2)
            #expect(try await bench.send("ZSCORE", timers, "until/\(id)/").text == "4000000000000")
        }
    }

    /// Nobody who writes to `meta` can stop the fleet for longer than a lease at a time.
    @Test func noHoldIsLongerThanALease() async throws {
        try await Bench.with(settings: ["lease_ttl_ms": 7000]) { bench in
            let id = try await bench.submit(bench.order())
            #expect(try await bench.call(.accept, id, "h1") == ["ok"])
            try await bench.send("HSET", bench.keys.meta, "hold_until", "4000000000000", "hold_cause", "\u{1B}[2J")
            guard case .onHold(let hold) = try await bench.fleet.claim(Self.attempt(id), floor: 0) else {
                Issue.record("granted")
                return
            }
            #expect(hold.remaining == .seconds(7) && hold.cause == nil)
            #expect(hold.description.contains("may have lost"))
        }
    }

    /// The real thing: a server that was killed has another run_id.
    @Test func aRestartedServerIsInDoubt() async throws {
        try await Bench.with(settings: Self.lease) { bench in
            try await bench.server.kill()
            try await bench.server.start()
            try await bench.beat("h1")
            let meta = try await bench.hash(bench.keys.meta)
            #expect(meta["hold_cause"] == "memory")
            let info = try await bench.send("INFO", "server").text ?? ""
            #expect(info.contains("run_id:\(meta["run_id"] ?? "none")\r\n"))
            try await bench.beat("h1")
            #expect(try await bench.hash(bench.keys.meta)["hold_until"] == meta["hold_until"])
        }
    }
}
