import Coordination
import DeployModel
import DeployProtocol
import Testing

/// Hosts that leave and come back.
@Suite struct MembershipTests {
    private static let h1 = HostName(accepted: "h1")
    private static let ada = OperatorName(accepted: "ada")

    private static func change(
        _ bench: Bench, _ change: MembershipChange, _ host: String = "h1"
    ) async throws -> MembershipReply {
        try await bench.fleet.change(
            HostName(accepted: host), change, by: ada, reason: try Reason("new disk"))
    }

    private static func rule(_ reply: MembershipReply) -> Rule? {
        if case .refused(let refusal) = reply { refusal.rule } else { nil }
    }

    @Test func aDrainedHostIsInNoOrderUntilItIsUndrained() async throws {
        try await Bench.with { bench in
            #expect(try await Self.change(bench, .drain) == .done)
            let drained = try #require(try await bench.fleet.hosts().first)
            #expect(drained.membership == .drained && drained.changedBy == "ada" && drained.reason == "new disk")
            #expect(drained.machineID == "m-h1")
            let again = try await bench.unchanged("drain again") { try await Self.change(bench, .drain) }
            #expect(again == .before)
            let refused = try await bench.fleet.submit(try bench.order(), signature: [])
            guard case .refused(let refusal) = refused else {
                Issue.record("\(refused)")
                return
            }
            #expect(refusal.rule == .hostDrained)
            // It is heard all the same, as the machine that it was.
            #expect(try await bench.beat("h1")[1] == "drained")
            #expect(try await bench.beat("h1", machine: "m-x") == ["other_machine", "m-h1"])
            #expect(try await Self.change(bench, .undrain) == .done)
            _ = try await bench.submit(bench.order())
            let audit = try await bench.stream(bench.keys.audit).filter { $0.contains("host=h1") }
            #expect(
                audit.contains {
                    $0.contains("kind=drain") && $0.contains("from=enrolled") && $0.contains("to=drained")
                })
            #expect(audit.contains { $0.contains("kind=undrain") && $0.contains("reason=new disk") })
        }
    }

    /// What was dispatched before is finished: draining keeps out what comes.
    @Test func aJobUnderWayGoesOn() async throws {
        try await Bench.with { bench in
            let id = try await bench.submit(bench.order())
            let token = try await bench.claim(id, "h1")
            #expect(try await Self.change(bench, .drain) == .done)
            #expect(try await bench.report(id, "h1", token: token, [("s", "verified")]) == ["ok"])
            #expect(try await bench.state(id) == "succeeded")
        }
    }

    @Test func aRetiredHostIsForgotten() async throws {
        try await Bench.with { bench in
            try await bench.finish(bench.submit(bench.order()), "h1")
            try await bench.run(
                .heartbeat,
                [
                    "h1", "m-h1", "b", "1.0", "1", "idle", "", "", "", "", "", "service/s/source", "qt", "label/role",
                    "x",
                ])
            let service = bench.keys.service(ServiceName(accepted: "s"))
            #expect(try await bench.hash(service)["verified:h1"] == Bench.new)
            #expect(try await Self.change(bench, .retire) == .done)
            #expect(try await bench.fleet.hosts().map(\.name.text) == ["h2"])
            #expect(try await bench.hash(service).keys.sorted() == ["token"])
            #expect(try await !bench.allKeys().contains { $0.hasSuffix(":h1") })
            let unknown = try await bench.unchanged("retire again") { try await Self.change(bench, .retire) }
            #expect(Self.rule(unknown) == .hostUnknown)
            // Its agent goes on: nobody targets it.
            #expect(try await bench.beat("h1", machine: "m-x")[1] == "seen")
            let seen = try await bench.unchanged("drain a host that is only seen") {
                try await Self.change(bench, .drain)
            }
            #expect(Self.rule(seen) == .hostNotEnrolled)
            #expect(try await Self.change(bench, .retire) == .done)
        }
    }

    @Test func aHostThatWorksIsNotRetired() async throws {
        try await Bench.with { bench in
            let id = try await bench.submit(bench.order())
            for state in ["dispatched", "at work"] {
                let busy = try await bench.unchanged("retire, \(state)") { try await Self.change(bench, .retire) }
                guard case .refused(let refusal) = busy else {
                    Issue.record("\(busy)")
                    return
                }
                #expect(refusal.rule == .serviceBusy && refusal.message.contains(id.short), "\(refusal)")
                guard state == "dispatched" else { continue }
                _ = try await bench.claim(id, "h1")
                try await bench.beat("h1", rollout: id.text)
            }
            // A host that died at work never says again that it is done.
            try await bench.send("HSET", bench.keys.meta, "host_down_ms", "1000")
            try await bench.send("HSET", bench.keys.host(Self.h1), "beat_ms", "1000")
            #expect(try await Self.change(bench, .retire) == .done)
        }
    }

    @Test func anotherFleetAndAnotherVersionAreRefused() async throws {
        try await Bench.with { bench in
            try await bench.send("HSET", bench.keys.meta, "fleet", "elsewhere")
            let fleet = try await bench.unchanged("another fleet") { try await Self.change(bench, .drain) }
            #expect(Self.rule(fleet) == .otherFleet)
            try await bench.send("HSET", bench.keys.meta, "v", "2")
            let version = try await bench.unchanged("another version") { try await Self.change(bench, .drain) }
            #expect(Self.rule(version) == .contractVersion)
        }
    }
}
