import Coordination
import DeployModel
import DeployProtocol
import Testing

/// Every refusal of every script: the reply, and that not one key is another afterwards.
@Suite struct RefusalTests {
    private static func refused(
        _ bench: Bench, _ order: Order, _ rule: Rule, _ words: String
    ) async throws {
        let reply = try await bench.unchanged("submit, \(rule)") { try await bench.fleet.submit(order, signature: []) }
        guard case .refused(let refusal) = reply else {
            Issue.record("\(rule): \(reply)")
            return
        }
        #expect(refusal.rule == rule)
        #expect(refusal.description.contains(words), "\(refusal)")
        #expect(!refusal.remedy.isEmpty)
    }

    private static func refusal(_ reply: EnrolReply) throws -> Refusal {
        guard case .refused(let refusal) = reply else {
            Issue.record("\(reply)")
            throw CancellationError()
        }
        return refusal
    }

    @Test func submit() async throws {
        try await Bench.with { bench in
            let taken = try bench.order()
            _ = try await bench.submit(taken)
            var conflict = taken
            conflict.reason = try Reason("another")
            try await Self.refused(bench, conflict, .orderMalformed, "another order has this id")
            try await Self.refused(bench, bench.order(), .serviceBusy, "held by rollout \(taken.id.short) of ada for")
            let free = try bench.order([("h2", ["t"])])
            try await Self.refused(
                bench, bench.order([("h2", ["t"])], beginBefore: 1), .orderExpired, "not submitted in time")
            try await Self.refused(bench, bench.order([("h2", ["t"]), ("h9", ["t"])]), .hostNotEnrolled, "host h9")
            try await bench.beat("h8")
            try await Self.refused(bench, bench.order([("h8", ["t"])]), .hostNotEnrolled, "qtctl agents enrol h8")

            try await bench.send("HSET", bench.keys.hosts, "h7", "drained 1 m-h7 eve disk \u{1B}[2J full")
            try await Self.refused(bench, bench.order([("h7", ["t"])]), .hostDrained, "by eve: disk \\x1b[2J full")
            try await bench.send("HSET", bench.keys.host(HostName(accepted: "h2")), "beat_ms", "1000")
            try await Self.refused(bench, free, .hostDown, "--exclude h2")
            try await bench.send("DEL", bench.keys.host(HostName(accepted: "h2")))
            try await Self.refused(bench, free, .hostDown, "not been heard for ever")
            try await bench.beat("h2")

            try await bench.send("HSET", bench.keys.meta, "fleet", "elsewhere")
            try await Self.refused(bench, free, .otherFleet, "elsewhere")
            try await bench.send("HSET", bench.keys.meta, "v", "2")
            try await Self.refused(bench, free, .contractVersion, "contract version 2")
        }
    }

    @Test func membership() async throws {
        try await Bench.with { bench in
            let host = HostName(accepted: "h1")
            let ada = OperatorName(accepted: "ada")
            func enrol(_ machine: String?) async throws -> EnrolReply {
                try await bench.fleet.enrol(host, by: ada, reason: .none, machineID: machine)
            }
            let again = try await bench.unchanged("enrol again") { try await enrol(nil) }
            #expect(again == .before("m-h1"))
            let other = try await bench.unchanged("enrol another machine") { try await enrol("m-x") }
            let refusal = try Self.refusal(other)
            #expect(refusal.rule == .otherMachine && refusal.message.contains("m-h1"))
            let beat = try await bench.unchanged("a beat of another machine") {
                try await bench.beat("h1", machine: "m-x")
            }
            #expect(beat == ["other_machine", "m-h1"])

            try await bench.send("HSET", bench.keys.meta, "fleet", "elsewhere")
            let fleet = try await bench.unchanged("enrol into another fleet") { try await enrol(nil) }
            let fleetRefusal = try Self.refusal(fleet)
            #expect(fleetRefusal.rule == .otherFleet)
            try await bench.send("HSET", bench.keys.meta, "v", "2")
            let version = try await bench.unchanged("enrol into another version") { try await enrol(nil) }
            let versionRefusal = try Self.refusal(version)
            #expect(versionRefusal.rule == .contractVersion)
            let ask = try await bench.unchanged("ask another version") { () async -> CoordinationError? in
                do throws(CoordinationError) {
                    try await bench.fleet.ask(.random(), .plan, [host], lasting: .seconds(5), fields: [])
                    return nil
                } catch {
                    return error
                }
            }
            guard case .contract(_, let problem)? = ask else {
                Issue.record("\(String(describing: ask))")
                return
            }
            #expect(problem.contains("contract version 2"))
        }
    }

    /// A name that is enrolled before its machine ever beats is bound by the first beat, or by a later enrolment.
    @Test func theReplySaysTheMachineThatIsWritten() async throws {
        try await Bench.with([]) { bench in
            let ada = OperatorName(accepted: "ada")
            for (name, machine) in [("h1", nil), ("h2", "m-2")] as [(String, String?)] {
                let host = HostName(accepted: name)
                #expect(try await bench.fleet.enrol(host, by: ada, reason: .none, machineID: nil) == .enrolled("-"))
                let reply = try await bench.fleet.enrol(host, by: ada, reason: .none, machineID: machine)
                #expect(reply == machine.map { .enrolled($0) } ?? .before("-"))
                let written = try await bench.hash(bench.keys.hosts)[name] ?? ""
                #expect(written.split(separator: " ")[2] == (machine ?? "-"))
            }
            #expect(try await bench.beat("h1", machine: "100%1")[1] == "enrolled")
            #expect(try await bench.beat("h1", machine: "m-x") == ["other_machine", "100%1"])
            #expect(try await bench.beat("h2", machine: "m-x") == ["other_machine", "m-2"])
            #expect(try await bench.fleet.hosts().map(\.machineID) == ["100%1", "m-2"])
        }
    }

    @Test func claimAndRenew() async throws {
        try await Bench.with { bench in
            let id = try await bench.submit(bench.order([("h1", ["s", "t"])]))
            #expect(try await bench.call(.accept, id, "h1") == ["ok"])
            let lease = bench.keys.lease(ServiceName(accepted: "t"))
            try await bench.send("HSET", lease, "rollout", "other", "operator", "eve", "since_ms", "5", "reason", "r")
            let held = try await bench.unchanged("claim, held") { try await bench.call(.claim, id, "h1", "0") }
            #expect(held.first == "held" && held[1...4] == ["t", "other", "eve", "5"] && held.last == "r")
            try await bench.send("DEL", lease)
            let gone = try await bench.unchanged("claim, no lease") { try await bench.call(.claim, id, "h1", "0") }
            #expect(gone == ["closed", "lease of t is gone"])
            try await bench.send("HSET", lease, "rollout", id.text)
            let token = try await bench.call(.claim, id, "h1", "0")[1]
            try await bench.send("HSET", lease, "rollout", "other")
            let lost = try await bench.unchanged("renew, gone") { try await bench.call(.renew, id, "h1", token) }
            #expect(lost == ["gone"])
            let none = try await bench.unchanged("answer without a question") {
                try await bench.run(.answer, [RolloutID.random().text, "h1", "a", "b"])
            }
            #expect(none == ["closed"])
        }
    }

    @Test func tokensGrowOverEverySource() async throws {
        try await Bench.with { bench in
            let key = bench.keys.service(ServiceName(accepted: "s"))
            try await bench.send("HSET", key, "token", "9000000000000000")
            let id = try await bench.submit(bench.order([("h1", ["s", "t"])]))
            #expect(try await bench.claim(id, "h1") == "9000000000000001")
            #expect(try await bench.call(.claim, id, "h1", "9000000000000007")[1] == "9000000000000008")
            #expect(try await bench.hash(bench.keys.service(ServiceName(accepted: "t")))["token"] == "9000000000000008")
        }
    }
}
