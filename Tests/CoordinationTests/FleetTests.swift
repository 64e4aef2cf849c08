import Coordination
import DeployModel
import DeployProtocol
import RedisClient
import Testing

/// The typed operations: what they send, and what they make of what comes back.
@Suite struct FleetTests {
    private static let h1 = HostName(accepted: "h1")
    private static let s = ServiceName(accepted: "s")

    private static func attempt(_ id: RolloutID) -> AttemptName {
        AttemptName(rollout: id, host: h1, operation: .deploy, number: 1)
    }

    private static func report(_ verdict: Verdict) -> TargetReport {
        TargetReport(
            service: s, verdict: verdict, step: .verify, rule: .logErrors, error: "why",
            commit: CommitID(accepted: Bench.new), previousCommit: CommitID(accepted: Bench.old), runningCommit: nil,
            startedAt: Timestamp(milliseconds: 1), finishedAt: Timestamp(milliseconds: 2), evidence: "a\nb")
    }

    private static func facts() -> ServiceFacts {
        ServiceFacts(
            service: s, source: "qt", unitState: "active", canonicalPath: "/srv/qt", user: "qt",
            checkout: CommitID(accepted: Bench.old), branch: "main", running: CommitID(accepted: Bench.old),
            basis: "known", since: Timestamp(milliseconds: 7))
    }

    private static func beat(_ services: [ServiceFacts]) -> Beat {
        Beat(
            host: h1, machineID: "m-h1", bootID: "b", agent: "1.0", state: "idle", attempt: nil, step: nil,
            services: services)
    }

    @Test func oneJobThroughTheTypedOperations() async throws {
        try await Bench.with { bench in
            let fleet = bench.fleet
            let order = try bench.order()
            let id = try await bench.submit(order)
            let attempt = Self.attempt(id)
            let stored = StoredOrder.whole(text: order.text, signature: Array("sig".utf8))
            #expect(try await fleet.pending(Self.h1) == Pending(attempts: [attempt], order: stored, dropped: 0))
            #expect(try await fleet.orderText(id) == stored)
            #expect(try await fleet.accept(attempt) == .accepted)
            guard case .granted(let token, let ttl) = try await fleet.claim(attempt, floor: 0) else {
                Issue.record("no token")
                return
            }
            #expect(ttl == .seconds(30) && token > 1_700_000_000_000_000)
            #expect(try await fleet.renew(attempt, token: token) == .renewed(ttl: .seconds(30)))
            #expect(try await fleet.renew(attempt, token: token - 1) == .lost("superseded"))
            try await fleet.tell(
                attempt, token: token,
                [StepEvent(service: Self.s, step: .verify, state: .done, milliseconds: 12, detail: "d")])
            #expect(
                try await fleet.report(attempt, token: nil, detail: "", [Self.report(.failed)]) == .closed("superseded")
            )
            #expect(try await fleet.report(attempt, token: token, detail: "", []) == .closed("incomplete"))
            #expect(try await fleet.report(attempt, token: token, detail: "", [Self.report(.reverted)]) == .taken)
            #expect(try await fleet.report(attempt, token: token, detail: "", [Self.report(.reverted)]) == .taken)

            let record = try #require(try await fleet.rollout(id))
            #expect(record.state == .failed && record.isSigned && record.hosts == 1 && record.targets == 1)
            #expect(record.commit?.text == Bench.new && record.reason == "nightly" && record.ended != nil)
            let outcome = try #require(try await fleet.targets(id, state: record.state).first)
            #expect(outcome.verdict == .reverted && outcome.rule == .logErrors && outcome.error == "why")
            #expect(
                outcome.step == .verify && outcome.previousCommit?.text == Bench.old && outcome.runningCommit == nil)
            #expect(try await fleet.evidence(id, Self.h1, Self.s) == "a\nb")
        }
    }

    @Test func hostsAsTheyBeat() async throws {
        try await Bench.with(["h2"]) { bench in
            #expect(try await bench.fleet.beat(Self.beat([Self.facts()])) == .heard(.seen, due: 0))
            let host = try #require(try await bench.fleet.hosts().first)
            #expect(host.name == Self.h1 && host.membership == .seen && host.services == [Self.facts()])
            #expect(host.silence(at: try #require(host.lastBeat)) == 0 && host.agent == "1.0" && host.contract == "1")
            // What a beat no longer names is gone; what did not change is not shown again.
            _ = try await bench.fleet.beat(Self.beat([]))
            _ = try await bench.fleet.beat(Self.beat([]))
            #expect(try await bench.fleet.hosts().first?.services == [])
            let shown = try await bench.stream(bench.keys.heartbeats).filter { $0.contains("host=h1") }.map { $0[7] }
            #expect(shown == ["services=s=active@aaaaaaaaaa", "services="])
            try await bench.send("ZADD", bench.keys.timers, "0", "x/y/z", "0", "x/y/w")
            #expect(try await bench.fleet.beat(Self.beat([])) == .heard(.seen, due: 2))
            #expect(try await bench.fleet.tick() == 1)
            var other = Self.beat([])
            other.host = HostName(accepted: "h2")
            #expect(try await bench.fleet.beat(other) == .otherMachine("m-h2"))
        }
    }

    @Test func prefixesOfIDs() async throws {
        try await Bench.with { bench in
            let ids = ["aa0", "aab", "b00"].map { RolloutID(accepted: $0 + String(repeating: "0", count: 29)) }
            for id in ids {
                var order = try bench.order()
                order.id = id
                let taken = try await bench.submit(order)
                #expect(try await bench.report(taken, "h1", token: "", [("s", "refused")]) == ["ok"])
            }
            #expect(try await bench.fleet.resolve("b") == ids[2])
            #expect(try await bench.fleet.resolve("aab") == ids[1])
            #expect(try await bench.fleet.resolve(ids[0].text) == ids[0])
            let ambiguous = await #expect(throws: CoordinationError.self) { try await bench.fleet.resolve("aa") }
            guard case .ambiguousRollout("aa", let matches)? = ambiguous else {
                Issue.record("\(String(describing: ambiguous))")
                return
            }
            #expect(Set(matches) == Set(ids[0...1]) && ambiguous?.description.contains("2 rollouts") == true)
            for text in [
                "", "c", "AA", "aa*", "a\u{0}", String(repeating: "c", count: 32), String(repeating: "a", count: 33),
            ] {
                let error = await #expect(throws: CoordinationError.self) { try await bench.fleet.resolve(text) }
                #expect(error == .unknownRollout(text))
            }
            #expect(try await Set(bench.fleet.rollouts(newest: 9).map(\.id)) == Set(ids))
            #expect(try await bench.fleet.rollouts(newest: 1).count == 1)
            #expect(try await bench.fleet.rollouts(newest: 0) == [])
            #expect(try await bench.fleet.rollouts(newest: -1) == [])
        }
    }

    @Test func aQuestionAndItsAnswers() async throws {
        try await Bench.with { bench in
            let fleet = bench.fleet
            let id = RolloutID.random()
            let hosts = (1...120).map { HostName(accepted: "h\($0)") }
            var bell = try await fleet.bellEnd(hosts[119])
            #expect(try await fleet.question(id) == nil)
            try await fleet.ask(
                id, .plan, hosts, lasting: .seconds(60), fields: [("op", "deploy"), ("services", "*")])
            #expect(try await bench.stream(bench.keys.ask(id)).count == 1, "asked in three calls, one question")
            let bells = try await fleet.listen(hosts[119], behind: &bell, wait: .seconds(5))
            guard case .question(id, let until)? = bells.first else {
                Issue.record("\(bells)")
                return
            }
            #expect(try await until > fleet.serverTime())
            let question = try #require(try await fleet.question(id))
            #expect(question.kind == .plan && question.entry["services"] == "*" && question.entry["op"] == "deploy")
            var place = StreamPlace.beginning
            #expect(try await fleet.answers(id, behind: &place, wait: .milliseconds(1)) == [])
            try await fleet.answer(id, from: Self.h1, [("type", "target"), ("rule", "")])
            try await fleet.answer(id, from: Self.h1, [("type", "done"), ("targets", "1")])
            let answers = try await fleet.answers(id, behind: &place, wait: .seconds(5))
            #expect(answers.map { $0["type"] } == ["target", "done"] && answers.allSatisfy { $0["host"] == "h1" })
            #expect(try await fleet.answers(id, behind: &place, wait: .milliseconds(1)) == [])
            #expect(try await bench.fire("ask/\(id)/"))
            #expect(try await fleet.question(id) == nil)
            try await fleet.answer(id, from: Self.h1, [("type", "late")])
            #expect(try await bench.allKeys().contains(bench.keys.ask(id)) == false)
        }
    }

    @Test func followersOutliveATrimmedStream() async throws {
        try await Bench.with { bench in
            let id = try await bench.submit(bench.order())
            var place = StreamPlace.beginning
            let first = try await bench.fleet.events(id, behind: &place, wait: .seconds(5))
            #expect(first.map(\.state) == ["queued", "running", "dispatched"])
            #expect(first[0].time <= first[2].time && first[2].kind == "job" && first[2].host == "h1")
            let token = try await bench.claim(id, "h1")
            for number in 0..<700 {
                try await bench.call(.step, id, "h1", token, "", "verify", "output", "\(number)", "line")
            }
            try await bench.send("XTRIM", bench.keys.events(id), "MAXLEN", "600")
            var rest: [RolloutEvent] = []
            while case let some = try await bench.fleet.events(id, behind: &place, wait: .zero), !some.isEmpty {
                #expect(some.count == 50)
                rest += some
            }
            #expect(rest.compactMap(\.milliseconds) == Array(100..<700))
            try await bench.send("DEL", bench.keys.events(id))
            #expect(try await bench.fleet.events(id, behind: &place, wait: .milliseconds(1)) == [])
        }
    }

    @Test func whoHoldsALease() async throws {
        try await Bench.with { bench in
            let id = try await bench.submit(bench.order())
            #expect(try await bench.fleet.accept(Self.attempt(id)) == .accepted)
            let now = try await bench.fleet.serverTime()
            try await bench.send(
                "HSET", bench.keys.lease(Self.s), "rollout", "lock-\u{1B}", "operator", "eve", "reason", "disk",
                "since_ms", String(now.milliseconds - 273_660_000))
            guard case .held(let holder) = try await bench.fleet.claim(Self.attempt(id), floor: 0) else {
                Issue.record("granted")
                return
            }
            #expect(holder.description == "lease of s held by rollout lock-\\x1b of eve for 3 d 4 h: disk")
        }
    }

    /// The heads of the scripts against what is really sent: the server's own slow log, with its limit at zero, is the witness.
    @Test func everyScriptGetsTheArgumentsOfItsHead() async throws {
        try await Bench.with { bench in
            try await bench.send("CONFIG", "SET", "slowlog-log-slower-than", "0", "slowlog-max-len", "1000")
            try await Self.everyOperation(bench)
            let entries = (try await bench.send("SLOWLOG", "GET", "-1")).elements ?? []
            var names: [String: Script] = [:]
            for script in Script.all {
                let load = RedisCommand(arguments: [Array("SCRIPT".utf8), Array("LOAD".utf8), script.source])
                if let sha = try await bench.redis.call(load, within: .seconds(5)).text { names[sha] = script }
            }
            var seen: [String: Set<Int>] = [:]
            for entry in entries {
                let words = (entry.elements?[3].elements ?? []).map { $0.text ?? "" }
                guard let verb = words.first, verb.hasPrefix("EVALSHA"), let script = names[words[1]] else { continue }
                #expect(words[2] == "1" && words[3] == bench.keys.meta)
                #expect(verb == (script.isReadOnly ? "EVALSHA_RO" : "EVALSHA"))
                seen[script.name, default: []].insert(Self.length(words) - 4)
            }
            for script in Script.all {
                let counts = try #require(seen[script.name], "\(script.name) was not called")
                let group = script.header.repeating.count
                for count in counts {
                    let more = count - script.header.arguments.count
                    #expect(group == 0 ? more == 0 : more >= 0 && more % group == 0, "\(script.name) got \(count)")
                }
                if group > 0 { #expect(counts.count > 1, "\(script.name): several lengths were sent") }
            }
        }
    }

    /// The slow log keeps 31 words and says how many more there were.
    private static func length(_ words: [String]) -> Int {
        guard words.count == 32, let more = words[31].wholeMatch(of: /\.\.\. \((\d+) more arguments\)/) else {
            return words.count
        }
        return 31 + (Int(more.1) ?? 0)
    }

    private static func stage(_ hosts: [String], _ services: [String], _ bench: Bench) async throws {
        let parts = hosts.flatMap { [$0, services.joined(separator: "+")] }
        #expect(try await bench.run(.stage, [RolloutID.random().text, "1", bench.fleet.name.text] + parts) == ["ok"])
    }

    /// Each typed operation several times, with repeating groups of several lengths: the first call is by EVAL, later ones
    /// by EVALSHA.
    static func everyOperation(_ bench: Bench) async throws {
        let fleet = bench.fleet
        for round in 0..<4 {
            let services = round % 2 == 0 ? ["s"] : ["s", "t"]
            let hosts = round % 2 == 0 ? ["h1"] : ["h1", "h2"]
            let id = try await bench.submit(bench.order(hosts.map { ($0, services) }))
            let attempt = attempt(id)
            _ = try await fleet.pending(h1)
            _ = try await fleet.orderText(id)
            try await stage(hosts, services, bench)
            _ = try await fleet.accept(attempt)
            guard case .granted(let token, _) = try await fleet.claim(attempt, floor: 0) else { continue }
            _ = try await fleet.renew(attempt, token: token)
            let event = StepEvent(step: .verify, state: .begun, detail: "")
            try await fleet.tell(attempt, token: token, Array(repeating: event, count: round))
            let reports = services.map { service in
                var report = report(.failed)
                report.service = ServiceName(accepted: service)
                return report
            }
            #expect(try await fleet.report(attempt, token: token, detail: "", reports) == .taken)
            let byHand = BreakGlassDeployment(
                order: try bench.order([("h1", services)]), host: h1, machineID: "m-h1")
            _ = try await fleet.holdByHand(byHand, within: .seconds(5))
            #expect(try await fleet.publish(byHand, detail: "", reports) == .taken)
            #expect(try await fleet.refuse(attempt, Refusal(.orderExpired, "late")) == "ended")
            _ = try await fleet.beat(beat(Array(repeating: facts(), count: round)))
            _ = try await fleet.tick()
            let question = RolloutID.random()
            let fields = Array(repeating: ("a", "b"), count: round)
            _ = try await fleet.ask(question, .plan, [h1], lasting: .seconds(5), fields: fields)
            #expect(try await fleet.question(question)?.kind == .plan)
            try await fleet.answer(question, from: h1, fields + [("c", "d")])
            let ada = OperatorName(accepted: "ada")
            _ = try await fleet.enrol(h1, by: ada, reason: .none, machineID: nil)
            for change in [MembershipChange.drain, .undrain] {
                #expect(try await fleet.change(h1, change, by: ada, reason: .none) == .done)
            }
        }
    }
}
