import Coordination
import DeployModel
import DeployProtocol
import RedisClient
import Testing

/// Redis is written by others too: readers skip or name what is not ours, scripts do all or nothing.
@Suite struct HostileStateTests {
    private static let h1 = HostName(accepted: "h1")

    private static func attempt(_ id: RolloutID) -> AttemptName {
        AttemptName(rollout: id, host: h1, operation: .deploy, number: 1)
    }

    // size: every reader of the fleet once, each with its key
    @Test func readersNameTheKeyOfAnotherType() async throws {
        try await Bench.with { bench in
            let id = RolloutID.random()
            for key in [
                bench.keys.rollout(id), bench.keys.targets(id), bench.keys.events(id), bench.keys.ask(id),
                bench.keys.commands(Self.h1), bench.keys.rollouts, bench.keys.pending(Self.h1),
            ] {
                try await bench.send("SET", key, "x")
            }
            var place = StreamPlace(id: "0-0")
            let fleet = bench.fleet
            await Self.names(bench.keys.rollout(id)) { () async throws(CoordinationError) in
                _ = try await fleet.rollout(id)
            }
            await Self.names(bench.keys.rollout(id)) { () async throws(CoordinationError) in
                _ = try await fleet.orderText(id)
            }
            await Self.names(bench.keys.targets(id)) { () async throws(CoordinationError) in
                _ = try await fleet.targets(id, state: nil)
            }
            await Self.names(bench.keys.events(id)) { () async throws(CoordinationError) in
                _ = try await fleet.events(id, behind: &place, wait: .milliseconds(1))
            }
            await Self.names(bench.keys.ask(id)) { () async throws(CoordinationError) in
                _ = try await fleet.question(id)
            }
            await Self.names(bench.keys.commands(Self.h1)) { () async throws(CoordinationError) in
                _ = try await fleet.listen(Self.h1, behind: &place, wait: .milliseconds(1))
            }
            await Self.names(bench.keys.commands(Self.h1)) { () async throws(CoordinationError) in
                _ = try await fleet.bellEnd(Self.h1)
            }
            await Self.names(bench.keys.rollouts) { () async throws(CoordinationError) in
                _ = try await fleet.rollouts(newest: 5)
            }
            await Self.names("script pending") { () async throws(CoordinationError) in
                _ = try await fleet.pending(Self.h1)
            }
            try await bench.send("SET", bench.keys.hosts, "x")
            await Self.names(bench.keys.hosts) { () async throws(CoordinationError) in _ = try await fleet.hosts() }
        }
    }

    private static func names(_ name: String, _ body: () async throws(CoordinationError) -> Void) async {
        do throws(CoordinationError) {
            try await body()
            Issue.record("\(name) was read")
        } catch {
            #expect(error == .contract(name, "a value of another type stands there"))
            #expect(error.description.hasPrefix(name))
        }
    }

    @Test func readersSkipWhatNobodyOfUsWrote() async throws {
        try await Bench.with { bench in
            let id = try await bench.submit(bench.order())
            let foreign = RolloutID.random()
            try await bench.send("HSET", bench.keys.hosts, "H1", "enrolled", "-h", "", "h2", "", "h3", "nonsense  ")
            try await bench.send("SET", bench.keys.host(HostName(accepted: "h3")), "x")
            try await bench.send(
                "HSET", bench.keys.host(Self.h1), "service/../source", "x", "beat_ms", "-1", "service//source", "")
            try await bench.send("ZADD", bench.keys.rollouts, "9", "x", "9", foreign.text, "9", "")
            try await bench.send("HSET", bench.keys.rollout(foreign), "v", "2", "state", "running")
            try await bench.send("HSET", bench.keys.rollout(id), "state", "dancing", "jobs", "many", "commit", "HEAD")
            try await bench.send(
                "HSET", bench.keys.targets(id), "h1/state", "flying", "h1/s/verdict", "great", "h1/services", "s++-x",
                "2", "H2", "h1/s/rule", "x", "h1/s/commit", "zz")
            try await bench.send(
                "HSET", bench.keys.pending(Self.h1), "x", "1", "\(id)/fly/1", "1", "\(id)/deploy/99999999999999999999",
                "1")

            let hosts = try await bench.fleet.hosts()
            #expect(hosts.map(\.name.text) == ["h1", "h2", "h3"])
            #expect(hosts[0].lastBeat == nil && hosts[0].services.isEmpty)
            #expect(hosts[1].membership == .seen && hosts[2].lastBeat == nil)
            let records = try await bench.fleet.rollouts(newest: 10)
            #expect(records.map(\.id) == [id, foreign])
            #expect(records.allSatisfy { $0.state == nil })
            #expect(records[1].stateDetail == "contract version 2" && records[0].commit == nil && records[0].hosts == 0)
            let error = await #expect(throws: CoordinationError.self) { try await bench.fleet.rollout(foreign) }
            #expect(error?.description.contains("contract version 2") == true)
            let outcomes = try await bench.fleet.targets(id, state: nil)
            #expect(outcomes.map(\.service.text) == ["s"])
            #expect(outcomes[0].verdict == nil && outcomes[0].state == .waiting && outcomes[0].rule == nil)
            #expect(try await bench.fleet.pending(Self.h1) == Pending(attempts: [], dropped: 4))
        }
    }

    @Test func bellsThatNobodyOfUsRang() async throws {
        try await Bench.with { bench in
            let key = bench.keys.commands(Self.h1)
            let id = RolloutID.random()
            var place = try await bench.fleet.bellEnd(Self.h1)
            #expect(place.id == "0-0")
            try await bench.send("XADD", key, "*", "a", "b")
            try await bench.send("XADD", key, "*", "v", "2", "op", "deploy")
            try await bench.send("XADD", key, "*", "v", "1", "op", "\u{1B}[2J")
            try await bench.send("XADD", key, "*", "v", "1", "op", "ask", "ask", "x", "until", "1")
            try await bench.send("XADD", key, "*", "v", "1", "op", "ask", "ask", id.text, "until", "1e9")
            try await bench.send("XADD", key, "*", "v", "1", "op", "deploy")
            let bells = try await bench.fleet.listen(Self.h1, behind: &place, wait: .seconds(5))
            #expect(bells.count == 6 && bells.last == .work)
            #expect(bells[2] == .malformed("op \\x1b[2J") && bells[1] == .malformed("contract version 2"))
            #expect(bells.dropLast().allSatisfy { if case .malformed = $0 { true } else { false } })
            #expect(try await bench.fleet.bellEnd(Self.h1) == place)
            // An id in the far future stops the bell for good; the pending list goes on.
            try await bench.send("XADD", key, "18446744073709551615-18446744073709551615", "v", "1")
            let rollout = try await bench.submit(bench.order())
            #expect(try await bench.fleet.pending(Self.h1).attempts == [Self.attempt(rollout)])
            #expect(try await bench.hash(bench.keys.meta)["stream_error"]?.hasPrefix("commands:h1: ERR") == true)
        }
    }

    /// Each stream, bell and pending hash in turn is something else: the rollout goes on to its true end.
    @Test(arguments: ["audit", "results", "heartbeats", "commands:h2", "pending:h2", "events"])
    func noStreamStopsARollout(name: String) async throws {
        try await Bench.with { bench in
            let order = try bench.order([("h1", ["s"]), ("h2", ["s"])])
            let key = name == "events" ? bench.keys.events(order.id) : String(bench.keys.meta.dropLast(4)) + name
            try await bench.send("DEL", key)
            try await bench.send("SET", key, "x")
            let id = try await bench.submit(order)
            try await bench.finish(id, "h1")
            #expect(try await bench.beat("h1").first == "ok")
            #expect(try await bench.job(id, "h2") == "dispatched")
            if name == "pending:h2" {
                #expect(try await bench.fire("accept/\(id)/h2"))
                #expect(try await bench.state(id) == "failed")
            } else {
                try await bench.finish(id, "h2")
                #expect(try await bench.state(id) == "succeeded")
            }
            if name != "heartbeats", name != "pending:h2" {
                #expect(try await bench.hash(bench.keys.meta)["stream_error"] != nil)
            }
        }
    }

    /// What a transition needs and cannot have stops it before it writes anything.
    @Test(arguments: ["timers", "meta", "rollouts", "hosts", "host:h1", "lease:s"])
    func submitIsAllOrNothing(name: String) async throws {
        try await Bench.with { bench in
            let order = try bench.order()
            let key = String(bench.keys.meta.dropLast(4)) + name
            try await bench.send("DEL", key)
            try await bench.send("SET", key, "x")
            try await bench.unchanged("submit over \(name)") {
                await #expect(throws: CoordinationError.self) { try await bench.fleet.submit(order, signature: []) }
            }
        }
    }

    @Test(arguments: ["timers", "lease:s", "lease:t", "service:s", "service:t", "targets", "rollout"])
    func aJobsScriptsAreAllOrNothing(name: String) async throws {
        try await Bench.with { bench in
            let id = try await bench.submit(bench.order([("h1", ["s", "t"]), ("h2", ["s"])]))
            let token = try await bench.claim(id, "h1")
            let prefix = String(bench.keys.meta.dropLast(4))
            let key = ["targets": bench.keys.targets(id), "rollout": bench.keys.rollout(id)][name] ?? prefix + name
            try await bench.send("DEL", key)
            try await bench.send("SET", key, "x")
            let calls: [(Script, [String])] = [
                (.report, [token, ""] + Bench.verdict("s", "verified") + Bench.verdict("t", "verified")),
                (.claim, ["0"]), (.renew, [token]),
            ]
            for (script, more) in calls where script.name != "renew" || !name.hasPrefix("service") {
                try await bench.unchanged("\(script.name) over \(name)") {
                    await #expect(throws: RedisError.self) {
                        try await bench.run(script, [id.text, "h1", "deploy", "1"] + more)
                    }
                }
            }
        }
    }

    /// Half of a rollout was evicted or deleted: the job is unknown, and nothing is written.
    @Test(arguments: ["rollout", "targets", "state"]) func aRolloutThatLostAHalfIsUnknown(name: String) async throws {
        try await Bench.with { bench in
            let id = try await bench.submit(bench.order())
            let token = try await bench.claim(id, "h1")
            switch name {
            case "rollout": try await bench.send("DEL", bench.keys.rollout(id))
            case "targets": try await bench.send("DEL", bench.keys.targets(id))
            default: try await bench.send("HSET", bench.keys.rollout(id), "state", "dancing")
            }
            for (script, more) in [
                (Script.accept, []), (.claim, ["0"]), (.renew, [token]), (.step, [token]),
                (.report, [token, ""] + Bench.verdict("s", "verified")),
            ] {
                let reply = try await bench.unchanged("\(script.name) without \(name)") {
                    try await bench.run(script, [id.text, "h1", "deploy", "1"] + more)
                }
                #expect(reply == ["unknown"])
            }
            #expect(try await bench.fire("silence/\(id)/h1"))
        }
    }

    @Test func timersThatNobodyOfUsSetDoNotBlockOthers() async throws {
        try await Bench.with { bench in
            let id = try await bench.submit(bench.order())
            let string = RolloutID.random()
            try await bench.send("SET", bench.keys.rollout(string), "x")
            try await bench.send(
                "HSET", bench.keys.rollout(RolloutID(accepted: String(repeating: "1", count: 32))), "state", "x")
            for timer in [
                "", "x", "//", "a/b", "accept/\(string)/h1", "until/\(string)/",
                "until/11111111111111111111111111111111/",
                "until/\(RolloutID.random())/", "unknown/\(id)/h1", "silence/\(id)/h9", "dispatch/\(string)/",
                "dance/x/y",
                "soak/\(id)/", "%a/\u{0}/*",
            ] { try await bench.send("ZADD", bench.keys.timers, "-1", timer) }
            #expect(try await bench.fire("accept/\(id)/h1"))
            #expect(try await bench.state(id) == "failed")
            #expect(try await bench.members(bench.keys.timers) == [])
        }
    }

    @Test func theRemainsOfALostRolloutDoNotMixWithANewOne() async throws {
        try await Bench.with { bench in
            let order = try bench.order()
            let id = try await bench.submit(order)
            _ = try await bench.claim(id, "h1")
            for key in [bench.keys.rollout(id), bench.keys.lease(ServiceName(accepted: "s"))] {
                try await bench.send("DEL", key)
            }
            _ = try await bench.submit(order)
            #expect(try await bench.job(id, "h1") == "dispatched")
            #expect(try await bench.hash(bench.keys.targets(id))["h1/token"] == nil)
            try await bench.finish(id, "h1")
            #expect(try await bench.state(id) == "succeeded")
        }
    }
}
