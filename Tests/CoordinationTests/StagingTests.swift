import Coordination
import DeployModel
import DeployProtocol
import RedisClient
import TestSupport
import Testing

/// Orders with more hosts than one call takes.
@Suite struct StagingTests {
    private static func hosts(_ count: Int) -> [String] { (1...count).map { "h\($0)" } }
    private static func lines(_ count: Int) -> [(String, [String])] {
        hosts(count).map { ($0, $0 == "h1" ? ["s", "first"] : ["s"]) }
    }
    private static let ada = OperatorName(accepted: "ada")

    @Test(arguments: [Fleet.hostsInSubmit, Fleet.hostsInSubmit + 1, Fleet.hostsPerCall, 2 * Fleet.hostsPerCall + 20])
    func everyHostIsInItsPlace(count: Int) async throws {
        try await Bench.with(Self.hosts(count)) { bench in
            let order = try bench.order(Self.lines(count), waves: "100%")
            let id = try await bench.submit(order)
            #expect(try await bench.fleet.submit(order, signature: Array("sig".utf8)) == .takenBefore)
            let targets = try await bench.hash(bench.keys.targets(id))
            #expect((1...count).map { targets[String($0)] } == Self.hosts(count))
            #expect(
                Self.hosts(count).allSatisfy { targets[$0 + "/state"] == "waiting" || targets[$0 + "/op"] == "deploy" })
            #expect(targets["h1/services"] == "s+first" && targets["h\(count)/services"] == "s")
            #expect(targets.keys.filter { $0.hasPrefix("/") } == [])
            let rollout = try await bench.hash(bench.keys.rollout(id))
            #expect(rollout["jobs"] == String(count) && rollout["services"] == "s+first")
            #expect(try await bench.hash(bench.keys.lease(ServiceName(accepted: "first")))["rollout"] == id.text)
            #expect(
                try await bench.send("TTL", bench.keys.targets(id)).integerValue == -1,
                "a rollout's hosts must not expire")
            #expect(try await bench.allKeys().contains(bench.keys.staged(id)) == false)
        }
    }

    @Test func aHostMayHaveAnyName() async throws {
        let names = (1...Fleet.hostsPerCall).map { "h\($0)" } + ["staged", "hosts", "services", "members"]
        try await Bench.with(names) { bench in
            // All of them are laid ready.
            let id = try await bench.submit(bench.order(names.reversed().map { ($0, ["s"]) }))
            let targets = try await bench.hash(bench.keys.targets(id))
            for name in names { #expect(targets[name + "/services"] == "s", "\(name)") }
        }
    }

    @Test func anotherFleetIsSeenBeforeItsHosts() async throws {
        try await Bench.with(Self.hosts(Fleet.hostsPerCall + 1)) { bench in
            try await bench.send("HSET", bench.keys.meta, "fleet", "other")
            let order = try bench.order(Self.lines(Fleet.hostsPerCall + 1))
            guard case .refused(let refusal) = try await bench.fleet.submit(order, signature: []) else {
                Issue.record("taken")
                return
            }
            #expect(refusal.rule == .otherFleet)
            #expect(try await bench.allKeys().contains(bench.keys.staged(order.id)) == false)
        }
    }

    /// What is laid ready and not submitted is nothing: it goes by itself, and no service is held.
    @Test func aRefusedOrderLeavesNothingForLong() async throws {
        let count = Fleet.hostsPerCall + 5
        try await Bench.with(Self.hosts(count)) { bench in
            for drained in ["h3", "h\(count)"] {
                let host = HostName(accepted: drained)
                _ = try await bench.fleet.change(host, .drain, by: Self.ada, reason: .none)
                let order = try bench.order(Self.lines(count))
                guard case .refused(let refusal) = try await bench.fleet.submit(order, signature: []) else {
                    Issue.record("an order with a drained host was taken")
                    return
                }
                #expect(refusal.rule == .hostDrained && refusal.description.contains(drained))
                let keys = try await bench.allKeys()
                #expect(keys.allSatisfy { !$0.contains("rollout:") && !$0.contains("lease:") })
                let staged = bench.keys.staged(order.id)
                let seconds = try await bench.send("TTL", staged).integerValue ?? 0
                #expect(keys.contains(staged) ? (1...60).contains(seconds) : seconds == -2)
                _ = try await bench.fleet.change(host, .undrain, by: Self.ada, reason: .none)
            }
        }
    }

    /// Between the parts and submit the fleet may change: what was looked at then must not count.
    @Test func aChangeOfMembershipInBetweenIsSeen() async throws {
        let count = Fleet.hostsPerCall + 1
        try await Bench.with(Self.hosts(count)) { bench in
            let (id, fleet) = (RolloutID.random().text, bench.fleet.name.text)
            #expect(try await bench.run(.stage, [id, "1", fleet, "h1", "s"]) == ["ok"])
            #expect(try await bench.run(.stage, [id, "3", fleet, "h3", "s"]) == ["incomplete"], "number 2 is missing")
            #expect(try await bench.run(.stage, [id, "2", fleet, "h2", "s"]) == ["ok"])
            _ = try await bench.fleet.change(HostName(accepted: "h1"), .drain, by: Self.ada, reason: .none)
            #expect(try await bench.run(.stage, [id, "3", fleet, "h3", "s"]) == ["incomplete"])
            // Of the order as a whole: only begin_before counts before the hosts are looked at.
            let whole =
                [id, "text", "", fleet] + Array(repeating: "x", count: 6) + ["4000000000000"]
                + Array(repeating: "0", count: 9)
            #expect(try await bench.run(.submit, whole + ["2", "h3", "s"]) == ["incomplete"])
            #expect(try await bench.run(.stage, [id, "1", fleet, "h1", "s"]).first == "drained")
        }
    }
}
