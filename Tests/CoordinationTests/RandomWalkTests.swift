import Coordination
import DeployModel
import DeployProtocol
import RedisClient
import Testing

/// Random calls of all scripts by several hosts over several rollouts; what must always hold is looked at after each.
@Suite struct RandomWalkTests {
    @Test(arguments: 0..<8) func walk(number: Int) async throws {
        let seed = UInt64.random(in: .min ... .max)
        try await Bench.with(Walk.hosts, settings: ["lease_ttl_ms": 10_000_000]) { bench in
            var walk = Walk(bench: bench, random: Seeded(state: seed))
            for step in 0..<200 {
                let deed = try await walk.act()
                let flaws = try await walk.flaws(everywhere: step % 25 == 0)
                if !flaws.isEmpty {
                    Issue.record("seed \(seed), step \(step), \(deed): \(flaws.joined(separator: "; "))")
                    return
                }
            }
            // Whatever happened, time alone ends every rollout.
            try await walk.letTimePass()
            let flaws = try await walk.flaws(everywhere: true)
            #expect(flaws.isEmpty, "seed \(seed), at the end: \(flaws)")
            for id in walk.rollouts {
                let state = try await bench.state(id)
                #expect(RolloutState(rawValue: state)?.isEnded == true, "seed \(seed): \(id.short) is \(state)")
            }
            // On a busy machine more of the walk's time goes to timers, and fewer of its calls are taken.
            #expect(walk.taken > 10, "seed \(seed): the walk got nowhere")
        }
    }
}

/// Seeded randomness: the same seed gives the same walk.
private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// What one walk did and saw so far.
private struct Walk {
    static let hosts = ["h1", "h2", "h3", "h4"]
    static let services = ["s", "t", "u"]
    static let verdicts = ["verified", "unchanged", "reverted", "failed", "revert_failed", "refused"]

    let bench: Bench
    var random: Seeded
    var rollouts: [RolloutID] = []
    /// Calls that were answered ok.
    var taken = 0
    private var tokens: [String: String] = [:]
    private var verdicts: [String: String] = [:]
    private var highest: [String: Int64] = [:]
    private var waitingAtHalt: [String: Set<String>] = [:]
    private var isHeld = false
    private var heldGrants: [String] = []

    init(bench: Bench, random: Seeded) {
        self.bench = bench
        self.random = random
    }

    private mutating func pick<Element>(_ list: [Element]) -> Element {
        list[Int.random(in: 0..<list.count, using: &random)]
    }

    mutating func act() async throws -> String {
        if isHeld, Int.random(in: 0..<5, using: &random) == 0 { try await endHold() }
        let open = try await openRollouts()
        guard !open.isEmpty, Int.random(in: 0..<10, using: &random) > 0 else { return try await submit() }
        let id = Int.random(in: 0..<8, using: &random) > 0 ? pick(open) : pick(rollouts)
        let host = try await host(of: id)
        let name = "\(id) \(host)"
        let token = Int.random(in: 0..<12, using: &random) == 0 ? "17" : tokens[name] ?? ""
        let base = [id.text, host, "deploy", Int.random(in: 0..<30, using: &random) == 0 ? "2" : "1"]
        switch Int.random(in: 0..<10, using: &random) {
        case 0, 1: return try await run(.accept, base)
        case 2, 3:
            let reply = try await bench.run(.claim, base + [pick(["0", "5", token.isEmpty ? "0" : token])])
            if reply.first == "ok" { tokens[name] = reply[1] }
            if reply.first == "ok", isHeld { heldGrants.append("claim of \(name) during a hold") }
            return count("claim \(base)", reply)
        case 4: return try await run(.renew, base + [token])
        case 5: return try await run(.step, base + [token, "s", pick(["fetch", "verify"]), "begun", "", "x"])
        case 6, 7: return try await report(base, host: host, id: id, token: token)
        case 8:
            // Redis may have been another one until now: the beat writes it down.
            if Int.random(in: 0..<6, using: &random) == 0 {
                try await bench.send("HSET", bench.keys.meta, "run_id", "0")
                isHeld = true
            }
            try await bench.beat(host, rollout: pick([id.text, ""]))
            return "beat \(host), held: \(isHeld)"
        default:
            // Time passes slowly, or nothing would ever get done.
            if Bool.random(using: &random) { return try await run(.tick, []) }
            guard let timer = try await bench.members(bench.keys.timers).randomElement(using: &random) else {
                return "-"
            }
            try await bench.send("ZADD", bench.keys.timers, "XX", "0", timer)
            return try await run(.tick, []) + " " + timer
        }
    }

    private mutating func endHold() async throws {
        try await bench.send("HSET", bench.keys.meta, "hold_until", "0")
        isHeld = false
    }

    private func openRollouts() async throws -> [RolloutID] {
        var open: [RolloutID] = []
        for id in rollouts.suffix(3) where RolloutState(rawValue: try await bench.state(id))?.isEnded == false {
            open.append(id)
        }
        return open
    }

    /// Mostly a host with something to do there.
    private mutating func host(of id: RolloutID) async throws -> String {
        let targets = try await bench.hash(bench.keys.targets(id))
        let busy = Self.hosts.filter { !["ended", "waiting", nil].contains(targets[$0 + "/state"]) }
        return busy.isEmpty || Int.random(in: 0..<8, using: &random) == 0 ? pick(Self.hosts) : pick(busy)
    }

    private mutating func run(_ script: Script, _ arguments: [String]) async throws -> String {
        count("\(script.name) \(arguments)", try await bench.run(script, arguments))
    }

    private mutating func count(_ deed: String, _ reply: [String]) -> String {
        if reply.first == "ok" { taken += 1 }
        return "\(deed) -> \(reply)"
    }

    private mutating func submit() async throws -> String {
        let hosts = Self.hosts.shuffled(using: &random).prefix(Int.random(in: 1...4, using: &random))
        var lines: [(String, [String])] = []
        for host in hosts {
            lines.append(
                (host, Array(Self.services.shuffled(using: &random).prefix(Int.random(in: 1...2, using: &random)))))
        }
        let order = try bench.order(
            lines, waves: pick(["1", "2", "1,50%", "100%"]), soak: pick([0, 0, 600]), maxFailures: pick([0, 0, 1, 2]))
        let reply = try await bench.fleet.submit(order, signature: [])
        if reply == .taken { rollouts.append(order.id) }
        if reply == .taken, isHeld { heldGrants.append("order \(order.id) during a hold") }
        return "submit \(order.id.short) -> \(reply)"
    }

    private mutating func report(_ base: [String], host: String, id: RolloutID, token: String) async throws -> String {
        let services = try await bench.hash(bench.keys.targets(id))["\(host)/services"] ?? "s"
        var arguments = base + [token, "done"]
        for service in services.split(separator: "+") {
            let isGood = Int.random(in: 0..<4, using: &random) > 0
            arguments += Bench.verdict(
                String(service), token.isEmpty ? "refused" : isGood ? "verified" : pick(Self.verdicts))
        }
        return try await run(.report, arguments)
    }

    /// Fires every timer that there is until none is left that belongs to a rollout.
    mutating func letTimePass() async throws {
        try await endHold()
        for _ in 0..<500 {
            guard let timer = try await bench.members(bench.keys.timers).first else { return }
            try await bench.fire(timer)
        }
    }
}

/// What must hold after every call.
extension Walk {
    /// Everywhere: also in rollouts long past, instead of the newest three.
    mutating func flaws(everywhere: Bool) async throws -> [String] {
        var flaws = heldGrants
        for id in everywhere ? rollouts : rollouts.suffix(3) { flaws += try await self.flaws(of: id) }
        flaws += try await flawsOfTokens()
        flaws += try await flawsOfAudit()
        let mortal = try await bench.send(
            "EVAL",
            """
            local n = 0
            for _, k in ipairs(redis.call('KEYS', '*')) do if redis.call('PTTL', k) ~= -1 then n = n + 1 end end
            return n
            """,
            "0")
        if mortal != .integer(0) { flaws.append("a key has a TTL") }
        let meta = try await bench.hash(bench.keys.meta)
        if let error = meta["stream_error"] { flaws.append(error) }
        let results = try await bench.stream(bench.keys.results).map { $0[1...5].joined(separator: " ") }
        if Set(results).count != results.count { flaws.append("two results of one attempt") }
        if everywhere, results.count != verdicts.count {
            flaws.append("\(results.count) results, \(verdicts.count) verdicts")
        }
        return flaws
    }

    // size: the invariants of one rollout, one after the other, to be read as a list
    private mutating func flaws(of id: RolloutID) async throws -> [String] {
        var flaws: [String] = []
        let rollout = try await bench.hash(bench.keys.rollout(id))
        let targets = try await bench.hash(bench.keys.targets(id))
        let state = rollout["state"] ?? "-"
        let jobs = targets.filter { $0.key.hasSuffix("/state") }.mapValues { JobState(rawValue: $0) }
        let open = jobs.values.count { $0 == .dispatched || $0 == .accepted || $0 == .claimed || $0 == .silent }
        if rollout["open"] != String(open) { flaws.append("open is \(rollout["open"] ?? "-"), \(open) jobs are") }
        let failed = targets.keys.count { $0.hasSuffix("/failed") }
        if rollout["failed_hosts"] != String(failed) { flaws.append("failed_hosts \(rollout["failed_hosts"] ?? "-")") }
        if jobs.values.contains(nil) { flaws.append("a job in a state of its own") }

        for (name, verdict) in targets where name.hasSuffix("/verdict") {
            let full = "\(id) \(name)"
            if verdicts[full, default: verdict] != verdict { flaws.append("\(full) became \(verdict)") }
            verdicts[full] = verdict
            let host = name.split(separator: "/")[0]
            if targets["\(host)/state"] != "ended" { flaws.append("\(full) before the end of its job") }
        }
        for (name, job) in jobs where job == .ended {
            let host = String(name.dropLast("/state".count))
            for service in (targets["\(host)/services"] ?? "").split(separator: "+")
            where targets["\(host)/\(service)/verdict"] == nil {
                flaws.append("\(host)/\(service) ended without a verdict")
            }
        }
        let waiting = Set(jobs.filter { $0.value == .waiting }.keys)
        if !["queued", "running", "soaking", "paused"].contains(state) {
            if waitingAtHalt[id.text, default: waiting] != waiting {
                flaws.append("\(id.short) dispatched after its halt")
            }
            waitingAtHalt[id.text] = waiting
        }
        if RolloutState(rawValue: state)?.isEnded == true {
            if open > 0 { flaws.append("\(id.short) ended with open jobs") }
            for service in Self.services {
                let owner = try await bench.send("HGET", bench.keys.lease(ServiceName(accepted: service)), "rollout")
                    .text
                if owner == id.text { flaws.append("\(id.short) ended and holds \(service)") }
            }
        }
        return flaws
    }

    private mutating func flawsOfTokens() async throws -> [String] {
        var flaws: [String] = []
        for service in Self.services {
            let text = try await bench.send("HGET", bench.keys.service(ServiceName(accepted: service)), "token").text
            let token = text.flatMap { Int64($0) } ?? 0
            if token < highest[service] ?? 0 { flaws.append("the token of \(service) fell") }
            highest[service] = token
        }
        return flaws
    }

    /// Each entry names the sha1 of the one before it, which Redis itself computes here.
    private func flawsOfAudit() async throws -> [String] {
        let entries = try await bench.stream(bench.keys.audit)
        guard let last = entries.last, entries.count > 1 else { return [] }
        let text = entries[entries.count - 2].flatMap { field in
            [String(field.prefix { $0 != "=" }), String(field.drop { $0 != "=" }.dropFirst())]
        }.joined(separator: "\n")
        let sha = try await bench.send("EVAL", "return redis.sha1hex(ARGV[1])", "0", text).text ?? ""
        var flaws = last.last == "prev=\(sha)" ? [] : ["audit: \(last.last ?? "-"), expected \(sha)"]
        for (index, entry) in entries.enumerated() where entry[1] != "seq=\(index + 1)" {
            flaws.append("audit: \(entry[1])")
        }
        let moves = TransitionTable.current.rows.compactMap { row in row.new.map { "\(row.machine) \(row.state) \($0)" }
        }
        if ["kind=job", "kind=rollout"].contains(last[3]) {
            let move = [last[3], last[9], last[10]].map { $0.drop { $0 != "=" }.dropFirst() }.joined(separator: " ")
            if !moves.contains(move) { flaws.append("\(move) is no row of the table") }
        }
        return flaws
    }
}
