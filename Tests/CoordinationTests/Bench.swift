import Coordination
import DeployModel
import DeployProtocol
import RedisClient
import TestSupport
import Testing

/// A fleet of a test's own on a real server: the typed operations, the scripts as they are, and the raw keys.
struct Bench: Sendable {
    let server: RedisServer
    let redis: RedisClient
    let fleet: Fleet
    let keys: Keys

    /// Starts a server, enrols the hosts under a fleet name that is new each time, and hands it to the body.
    @discardableResult
    static func with<Result: Sendable>(
        _ hosts: [String] = ["h1", "h2"], settings: [String: Int] = [:], _ body: (Bench) async throws -> Result
    ) async throws -> Result {
        try await RedisServer.with { server in
            let name = FleetName(accepted: "f" + RolloutID.random().short)
            let redis = server.client("test")
            let bench = Bench(
                server: server, redis: redis, fleet: Fleet(name: name, redis: redis), keys: Keys(fleet: name))
            for host in hosts {
                try await bench.beat(host)
                _ = try await bench.fleet.enrol(
                    HostName(accepted: host), by: OperatorName(accepted: "ada"), reason: .none, machineID: nil)
            }
            try await bench.settle()
            for (name, value) in settings { try await bench.send("HSET", bench.keys.meta, name, String(value)) }
            let result = try await body(bench)
            await redis.close()
            return result
        }
    }

    /// Takes real time out of a test: the fleet is not held for being new, and nothing falls due but what a test makes due,
    /// however long a loaded machine takes.
    private func settle() async throws {
        try await send("HSET", keys.meta, "hold_until", "0")
        for name in ["away_ms", "accept_ms", "silence_ms", "unknown_ms", "host_down_ms"] {
            try await send("HSET", keys.meta, name, "1000000000")
        }
    }

    @discardableResult
    func send(_ words: String...) async throws -> RedisValue {
        try await redis.call(RedisCommand(words: words), within: .seconds(10))
    }

    /// Runs a script as it is; an error reply is thrown.
    @discardableResult
    func run(_ script: Script, _ arguments: [String]) async throws -> [String] {
        let reply = try await redis.evaluate(
            RedisScript(name: script.name, source: script.source), keys: [keys.meta],
            arguments: arguments.map { Array($0.utf8) }, within: .seconds(10))
        return (reply.elements ?? []).map { $0.text ?? "" }
    }

    /// The rollouts that are dispatched to a host.
    func pending(_ host: String) async throws -> [RolloutID] {
        try await fleet.pending(HostName(accepted: host)).attempts.map(\.rollout)
    }

    @discardableResult
    func beat(_ host: String, machine: String? = nil, rollout: String = "") async throws -> [String] {
        try await run(
            .heartbeat, [host, machine ?? "m-\(host)", "b", "1.0", "1", "idle", rollout, "", "", "", ""])
    }

    /// Runs what must change nothing: every key of the fleet holds afterwards what it held before.
    @discardableResult
    func unchanged<Reply>(_ what: String, _ body: () async throws -> Reply) async throws -> Reply {
        let before = try await dump()
        let reply = try await body()
        let after = try await dump()
        #expect(before == after, "\(what) replied \(reply) and changed something")
        return reply
    }
}

/// The raw keys, as redis-cli shows them.
extension Bench {
    func hash(_ key: String) async throws -> [String: String] {
        let flat = (try await send("HGETALL", key)).elements ?? []
        var fields: [String: String] = [:]
        for index in stride(from: 0, to: flat.count, by: 2) { fields[flat[index].text ?? ""] = flat[index + 1].text }
        return fields
    }

    /// The entries of a stream, each as `name=value` in the order of the fields.
    func stream(_ key: String) async throws -> [[String]] {
        ((try await send("XRANGE", key, "-", "+")).elements ?? []).map { entry in
            let flat = entry.elements?.last?.elements ?? []
            return stride(from: 0, to: flat.count, by: 2).map { "\(flat[$0].text ?? "")=\(flat[$0 + 1].text ?? "")" }
        }
    }

    func members(_ key: String) async throws -> [String] {
        ((try await send("ZRANGE", key, "0", "-1")).elements ?? []).map { $0.text ?? "" }
    }

    func allKeys() async throws -> [String] {
        let prefix = String(keys.meta.dropLast(4))
        return ((try await send("KEYS", prefix + "*")).elements ?? []).compactMap(\.text).sorted()
    }

    /// Every key of the fleet with its type and what it holds.
    func dump() async throws -> [String: String] {
        var dump: [String: String] = [:]
        for key in try await allKeys() {
            let type = (try await send("TYPE", key)).text ?? ""
            let contents =
                switch type {
                case "hash": "\(try await hash(key).sorted { $0.key < $1.key })"
                case "stream": "\(try await send("XRANGE", key, "-", "+"))"
                case "zset": "\(try await send("ZRANGE", key, "0", "-1", "WITHSCORES"))"
                default: "\(try await send("DUMP", key))"
                }
            dump[key] = type + " " + contents
        }
        return dump
    }

    /// The state of a host's job.
    func job(_ id: RolloutID, _ host: String) async throws -> String {
        (try await send("HGET", keys.targets(id), host + "/state")).text ?? "-"
    }

    func state(_ id: RolloutID) async throws -> String {
        (try await send("HGET", keys.rollout(id), "state")).text ?? "-"
    }

    /// Makes a timer due at once and fires what is due.
    ///
    /// - Returns: whether there was such a timer.
    @discardableResult
    func fire(_ timer: String) async throws -> Bool {
        let isThere = !(try await send("ZSCORE", keys.timers, timer)).isNull
        if isThere { try await send("ZADD", keys.timers, "XX", "0", timer) }
        try await fireDue()
        return isThere
    }

    func fireDue() async throws {
        for _ in 0..<1_000 where try await run(.tick, []) != ["none"] { continue }
    }
}

/// Orders, and what hosts do with them.
extension Bench {
    static let new = String(repeating: "b", count: 40)
    static let old = String(repeating: "a", count: 40)

    func order(
        _ hosts: [(String, [String])] = [("h1", ["s"])], waves: String = "1", soak: Int64 = 0, maxFailures: Int64 = 0,
        until: Int64 = 4_000_000_000_000, beginBefore: Int64 = 4_000_000_000_000
    ) throws -> Order {
        Order(
            fleet: fleet.name, id: .random(), operatorName: OperatorName(accepted: "ada"), operation: .deploy,
            source: SourceName(accepted: "qt"), branch: BranchName(accepted: "main"),
            commit: CommitID(accepted: Self.new), direction: .forward,
            lines: hosts.map { host, services in
                Order.Line(
                    host: HostName(accepted: host), path: CanonicalPath(accepted: "/srv/qt"),
                    expectedHead: CommitID(accepted: Self.old), services: services.map { ServiceName(accepted: $0) })
            },
            waves: try WaveSizes(waves), soakSeconds: soak, pauseAfter: .none, maxFailures: maxFailures,
            onFailure: .halt, failedHost: .revert, beginBefore: Timestamp(milliseconds: beginBefore),
            until: Timestamp(milliseconds: until), created: Timestamp(milliseconds: 1), reason: try Reason("nightly"))
    }

    /// Submits an order that must be taken.
    func submit(_ order: Order) async throws -> RolloutID {
        let reply = try await fleet.submit(order, signature: Array("sig".utf8))
        try #require(reply == .taken)
        return order.id
    }

    @discardableResult
    func call(_ script: Script, _ id: RolloutID, _ host: String, _ more: String...) async throws -> [String] {
        try await run(script, [id.text, host, "deploy", "1"] + more)
    }

    /// Accepts and claims.
    ///
    /// - Returns: the token.
    func claim(_ id: RolloutID, _ host: String) async throws -> String {
        #expect(try await call(.accept, id, host) == ["ok"])
        let reply = try await call(.claim, id, host, "0")
        #expect(reply.first == "ok")
        return reply.count > 1 ? reply[1] : ""
    }

    static func verdict(_ service: String, _ verdict: String, rule: String = "") -> [String] {
        [service, verdict, "verify", rule, rule.isEmpty ? "" : "why", new, old, new, "t1", "t2", "fact"]
    }

    func report(
        _ id: RolloutID, _ host: String, token: String, _ verdicts: [(String, String)]
    ) async throws -> [String] {
        try await run(
            .report, [id.text, host, "deploy", "1", token, "done"] + verdicts.flatMap { Self.verdict($0.0, $0.1) })
    }

    /// Takes a host's job of service `s` through to its verdict.
    func finish(_ id: RolloutID, _ host: String, _ verdict: String = "verified") async throws {
        let token = try await claim(id, host)
        #expect(try await report(id, host, token: token, [("s", verdict)]) == ["ok"])
    }
}
