import Coordination
import DeployModel
import DeployProtocol
import RedisClient
import TestSupport
import Testing

/// Somebody with the full password of Redis and everything that ever went through it, but without an operator's key.
struct Attacker: Sendable {
    let fleet: LabFleet
    let redis: RedisClient
    let state: Fleet
    /// A key that no host knows, under the operator's name.
    let forger: SigningKeys
    /// What was signed once, and what an attacker could keep of it.
    let loot: Loot

    static let keys = Keys(fleet: LabFleet.name)
    static let services = LabFleet.services.joined(separator: "+")

    /// An order with its signature, both genuine.
    struct Signed: Sendable {
        var order: Order
        var signature: [UInt8]
    }

    /// Genuine orders.
    struct Loot: Sendable {
        /// Carried out on every host: from an older commit to the one that runs.
        var done: Signed
        /// For h2 alone, to a commit that runs nowhere; it was never delivered.
        var forH2: Signed
        /// For all hosts, to that commit; its time is over.
        var expired: Signed
        /// For all hosts of another fleet.
        var otherFleet: Signed
        /// For all hosts, and expects them at a commit that they left.
        var outdated: Signed
    }

    /// The order that an attacker would like to give: that commit, on every host, now.
    func wish(_ change: (inout Order) throws -> Void = { _ in }) throws -> Order {
        var order = loot.forH2.order
        order.id = .random()
        order.lines = LabFleet.hosts.map { host in
            var line = order.lines[0]
            line.host = HostName(accepted: host)
            return line
        }
        try change(&order)
        return order
    }

    /// Makes Redis say that this text is dispatched to a host, past every script of ours.
    func plant(
        _ text: [UInt8], _ signature: [UInt8], as id: RolloutID, for host: String, op: String = "deploy",
        attempt: Int = 1
    ) async throws {
        let keys = Self.keys
        let now = String(try await state.serverTime().milliseconds)
        try await send([
            "HSET", keys.rollout(id), "v", "1", "state", "running", "op", op, "services", Self.services, "operator",
            "operator", "reason", "", "sizes", "1", "on_failure", "halt", "jobs", "1", "next", "2", "wave", "1",
            "wave_left", "0", "open", "1", "good_hosts", "0", "failed_hosts", "0", "max_failures", "0", "soak_s", "0",
            "submitted_ms", now, "targets", "2",
        ])
        let texts = [
            Array("HSET".utf8), Array(keys.rollout(id).utf8), Array("order".utf8), text, Array("signature".utf8),
            signature,
        ]
        _ = try await redis.call(RedisCommand(arguments: texts), within: .seconds(10))
        try await send([
            "HSET", keys.targets(id), "1", host, "\(host)/state", "dispatched", "\(host)/op", op, "\(host)/attempt",
            "\(attempt)", "\(host)/services", Self.services, "\(host)/dispatched_ms", now,
        ])
        try await send(["ZADD", keys.rollouts, now, id.text])
        try await ring(id, host, op, attempt, now)
    }

    /// Names an attempt to a host, and rings.
    func ring(_ id: RolloutID, _ host: String, _ op: String, _ attempt: Int, _ now: String = "1") async throws {
        let name = HostName(accepted: host)
        try await send(["HSET", Self.keys.pending(name), "\(id)/\(op)/\(attempt)", now])
        let bell = ["*", "v", "1", "rollout", id.text, "op", op, "attempt", "\(attempt)"]
        try await send(["XADD", Self.keys.commands(name)] + bell)
    }

    /// Plants an order on every host.
    func plant(_ signed: Signed, on hosts: [String] = LabFleet.hosts, attempt: Int = 1) async throws {
        for host in hosts {
            try await plant(signed.order.text, signed.signature, as: signed.order.id, for: host, attempt: attempt)
        }
    }

    @discardableResult func send(_ words: [String]) async throws -> RedisValue {
        try await redis.call(RedisCommand(words: words), within: .seconds(10))
    }

    /// What the hosts said of an order, as rules; `-` where they said nothing.
    func rules(_ id: RolloutID) async throws -> String {
        let told = try await state.targets(id, state: .running).compactMap { $0.rule?.rawValue }
        return told.isEmpty ? "-" : Set(told).sorted().joined(separator: " ")
    }
}
