import Coordination
import DeployModel
import DeployProtocol
import RedisClient
import TestSupport

extension Attack {
    /// Genuine orders for another host, as another operation, or under another name.
    static let redirected: [Attack] = [
        Attack(name: "the order of h2, given to h1 and h3") { attacker in
            try await attacker.plant(attacker.loot.forH2, on: ["h1", "h3"])
            return attacker.loot.forH2.order.id
        },
        Attack(name: "a deployment, rung as a restart") { attacker in
            let signed = attacker.loot.done
            for host in LabFleet.hosts {
                try await attacker.plant(
                    signed.order.text, signed.signature, as: signed.order.id, for: host, op: "restart")
            }
            return signed.order.id
        },
        Attack(name: "a way back that nobody signed") { attacker in
            let signed = attacker.loot.done
            for host in LabFleet.hosts {
                try await attacker.plant(
                    signed.order.text, signed.signature, as: signed.order.id, for: host, op: "revert")
            }
            return signed.order.id
        },
        Attack(name: "an order that was carried out, under another id") { attacker in
            let id = RolloutID.random()
            for host in LabFleet.hosts {
                try await attacker.plant(attacker.loot.done.order.text, attacker.loot.done.signature, as: id, for: host)
            }
            return id
        },
    ]

    /// What Redis says of jobs, hosts and leases, forged.
    static let states: [Attack] = [
        Attack(name: "a verdict that no host gave") { attacker in
            let order = try attacker.wish()
            try await attacker.plant(.init(order: order, signature: []), on: ["h1"])
            let targets = Attacker.keys.targets(order.id)
            for service in LabFleet.services {
                try await attacker.send(["HSET", targets, "h1/\(service)/verdict", "verified", "h1/state", "ended"])
            }
            return nil
        },
        Attack(name: "results that no host published") { attacker in
            try await attacker.send([
                "XADD", Attacker.keys.results, "*", "v", "1", "host", "h1", "service", LabFleet.services[0], "verdict",
                "verified",
            ])
            return nil
        },
        Attack(name: "leases of all services, taken in nobody's name, and freed again") { attacker in
            for service in LabFleet.services {
                let key = Attacker.keys.lease(ServiceName(accepted: service))
                try await attacker.send([
                    "HSET", key, "rollout", RolloutID.random().text, "operator", "x", "since_ms", "1",
                ])
                try await attacker.send(["DEL", key])
            }
            return nil
        },
        Attack(name: "another commit, said to be verified") { attacker in
            for service in LabFleet.services {
                let key = Attacker.keys.service(ServiceName(accepted: service))
                let commit = attacker.loot.forH2.order.commit.text
                try await attacker.send(["HSET", key] + LabFleet.hosts.flatMap { ["verified:\($0)", commit] })
            }
            return nil
        },
        Attack(name: "timers of years ago, for every rollout that there is") { attacker in
            let id = attacker.loot.done.order.id
            for kind in ["accept", "silence", "unknown", "until", "dispatch", "soak"] {
                try await attacker.send(["ZADD", Attacker.keys.timers, "1", "\(kind)/\(id)/h1"])
            }
            return nil
        },
        Attack(name: "the state of a rollout that has ended, set back to running") { attacker in
            let id = attacker.loot.done.order.id
            try await attacker.send([
                "HSET", Attacker.keys.rollout(id), "state", "running", "next", "1", "wave_left", "3",
            ])
            try await attacker.send(["ZADD", Attacker.keys.timers, "1", "dispatch/\(id)/"])
            return nil
        },
    ]

    /// Rubbish and ruin: what stalls everybody, and must change no host.
    static let ruin: [Attack] = [
        Attack(name: "bells that name nothing") { attacker in
            for host in LabFleet.hosts {
                for _ in 0..<100 { try await attacker.ring(.random(), host, "deploy", 1) }
            }
            return nil
        },
        Attack(name: "a hundred unsigned orders at once") { attacker in
            for _ in 0..<100 {
                let order = try attacker.wish()
                try await attacker.plant(.init(order: order, signature: []), on: ["h1"])
            }
            return nil
        },
        Attack(name: "other types under every name of a host") { attacker in
            let host = HostName(accepted: "h1")
            for key in [Attacker.keys.pending(host), Attacker.keys.commands(host)] {
                try await attacker.send(["SET", key, "rubbish"])
            }
            for key in [Attacker.keys.pending(host), Attacker.keys.commands(host)] {
                try await attacker.send(["DEL", key])
            }
            return nil
        },
        Attack(name: "another version of the contract") { attacker in
            try await attacker.send(["HSET", Attacker.keys.meta, "v", "9"])
            let order = try attacker.wish()
            try await attacker.plant(.init(order: order, signature: []), on: ["h1"])
            try await attacker.send(["HSET", Attacker.keys.meta, "v", "1"])
            return nil
        },
        Attack(name: "every script thrown out of Redis") { attacker in
            try await attacker.send(["SCRIPT", "FLUSH"])
            return nil
        },
        Attack(name: "every connection cut") { attacker in
            try await attacker.send(["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"])
            return nil
        },
    ]
}
