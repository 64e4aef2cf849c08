import Coordination
import DeployModel
import RedisClient
import TestSupport

/// One thing that somebody with the password of Redis tries.
struct Attack: Sendable {
    let name: String
    /// Tries it.
    ///
    /// - Returns: the rollout whose refusal is looked for; nil where no host is expected to say anything.
    let attempt: @Sendable (Attacker) async throws -> RolloutID?

    static let all = forged + altered + replayed + redirected + states + ruin

    /// Orders of the attacker's own.
    static let forged: [Attack] = [
        Attack(name: "an order without a signature") { attacker in
            let order = try attacker.wish()
            try await attacker.plant(.init(order: order, signature: []))
            return order.id
        },
        Attack(name: "the same, by our own submit script") { attacker in
            let order = try attacker.wish()
            _ = try await attacker.state.submit(order, signature: [])
            return order.id
        },
        Attack(name: "signed by a key of the attacker's own, under the operator's name") { attacker in
            let order = try attacker.wish()
            try await attacker.plant(.init(order: order, signature: try await attacker.forge(order)))
            return order.id
        },
        Attack(name: "the same, in the name of root") { attacker in
            let order = try attacker.wish { $0.operatorName = OperatorName(accepted: "root") }
            try await attacker.plant(.init(order: order, signature: try await attacker.forge(order)))
            return order.id
        },
        Attack(name: "the signature of another order") { attacker in
            let order = try attacker.wish()
            try await attacker.plant(.init(order: order, signature: attacker.loot.done.signature))
            return order.id
        },
        Attack(name: "a signature of a megabyte") { attacker in
            let order = try attacker.wish()
            try await attacker.plant(.init(order: order, signature: [UInt8](repeating: 65, count: 1 << 20)))
            return order.id
        },
        Attack(name: "a text of a megabyte") { attacker in
            let id = RolloutID.random()
            try await attacker.plant([UInt8](repeating: 65, count: 1 << 20), [], as: id, for: "h1")
            return id
        },
        Attack(name: "no text at all") { attacker in
            let id = RolloutID.random()
            try await attacker.plant([], attacker.loot.done.signature, as: id, for: "h1")
            return id
        },
    ]

    private static let changes: [(String, @Sendable (inout Order) -> Void)] = [
        ("another commit", { order in order.commit = order.lines[0].expectedHead }),
        ("another host", { order in order.lines[0].host = HostName(accepted: "h1") }),
        ("one more host", { order in order.lines.insert(order.lines[0].on("h1"), at: 0) }),
        ("another path", { order in order.lines[0].path = CanonicalPath(accepted: "/root") }),
        ("fewer services", { order in order.lines[0].services.removeLast() }),
        ("another expected HEAD", { order in order.lines[0].expectedHead = order.commit }),
        ("any direction", { order in order.direction = .any }),
        ("a later end", { order in order.until = order.until.adding(seconds: 86400) }),
        ("another operator", { order in order.operatorName = OperatorName(accepted: "ann") }),
        ("another branch", { order in order.branch = BranchName(accepted: "dev") }),
        ("a restart", { order in order.operation = .restart }),
        ("all failures allowed", { order in order.maxFailures = 1000 }),
        ("another id", { order in order.id = .random() }),
    ]

    /// A genuine signature over something else than what it was given for.
    static let altered: [Attack] = changes.map { what, change in
        Attack(name: "a genuine order with \(what)") { attacker in
            var order = attacker.loot.forH2.order
            change(&order)
            for host in order.hosts {
                try await attacker.plant(
                    order.text, attacker.loot.forH2.signature, as: order.id, for: host.text,
                    op: order.operation.rawValue)
            }
            return order.id
        }
    }

    /// Genuine orders a second time, or too late.
    static let replayed: [Attack] = [
        Attack(name: "an order that was carried out, again") { attacker in
            try await attacker.plant(attacker.loot.done)
            return nil
        },
        Attack(name: "its second attempt, which nobody signed") { attacker in
            try await attacker.plant(attacker.loot.done, attempt: 2)
            return attacker.loot.done.order.id
        },
        Attack(name: "its tenth attempt") { attacker in
            try await attacker.plant(attacker.loot.done, attempt: 10)
            return attacker.loot.done.order.id
        },
        Attack(name: "an order whose time is over") { attacker in
            try await attacker.plant(attacker.loot.expired)
            return attacker.loot.expired.order.id
        },
        Attack(name: "an order that expects a commit which the hosts have left") { attacker in
            try await attacker.plant(attacker.loot.outdated)
            return attacker.loot.outdated.order.id
        },
        Attack(name: "an order of another fleet") { attacker in
            try await attacker.plant(attacker.loot.otherFleet)
            return attacker.loot.otherFleet.order.id
        },
    ]
}

extension Order.Line {
    func on(_ host: String) -> Order.Line {
        var line = self
        line.host = HostName(accepted: host)
        return line
    }
}

extension Attacker {
    /// A signature by a key that no host knows.
    func forge(_ order: Order) async throws -> [UInt8] { try await forger.sign(order.text, by: "operator") }
}
