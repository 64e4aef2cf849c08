import Coordination
import DeployModel
import Testing

@testable import DeployAgent

@Suite struct AdmissionTests {
    private static let commit = JournalRecordTests.commit
    private static let id = RolloutID(accepted: String(repeating: "1", count: 32))
    private static let attempt = AttemptName(rollout: id, host: HostName(accepted: "h1"), operation: .deploy, number: 1)

    static func order(_ change: (inout Order) -> Void = { _ in }) -> Order {
        var order = Order(
            fleet: FleetName(accepted: "lab"), id: id, operatorName: OperatorName(accepted: "ann"), operation: .deploy,
            source: SourceName(accepted: "quantum_trader"), branch: BranchName(accepted: "main"), commit: commit,
            direction: .forward,
            lines: [
                Order.Line(
                    host: HostName(accepted: "h1"), path: JournalRecordTests.path, expectedHead: commit,
                    services: [ServiceName(accepted: "quantum-a")])
            ], waves: .oneByOne, soakSeconds: 0, pauseAfter: .none, maxFailures: 0, onFailure: .halt,
            failedHost: .revert,
            beginBefore: Timestamp(milliseconds: 1000), until: Timestamp(milliseconds: 2000),
            created: Timestamp(milliseconds: 0), reason: .none)
        change(&order)
        return order
    }

    private func admit(
        _ text: [UInt8], attempt: AttemptName = AdmissionTests.attempt, now: Int64 = 1500
    ) throws -> Order {
        let configuration = try AgentConfiguration.read([("agent.yaml", AgentConfigurationTests.small)])
        return try Admission(configuration: configuration).admit(text, attempt, now: Timestamp(milliseconds: now))
    }

    @Test func anOrderForThisHostIsAdmitted() throws {
        #expect(try admit(Self.order().text) == Self.order())
    }

    static let refused: [(Rule, @Sendable (inout Order) -> Void)] = [
        (.otherFleet, { $0.fleet = FleetName(accepted: "prod") }),
        (.orderMalformed, { $0.id = RolloutID(accepted: String(repeating: "2", count: 32)) }),
        (.otherHost, { $0.lines[0].host = HostName(accepted: "h2") }),
        (.sourceNotAllowed, { $0.source = SourceName(accepted: "elsewhere") }),
        (.branchNotAllowed, { $0.branch = BranchName(accepted: "dev") }),
        (.serviceNotAllowed, { $0.lines[0].services = [ServiceName(accepted: "sshd")] }),
        (.operationUnknown, { $0.operation = .restart }), (.operationUnknown, { $0.operation = .revert }),
    ]

    @Test(arguments: refused.indices) func whatTheHostDoesNotAllowIsRefused(index: Int) {
        let (rule, change) = Self.refused[index]
        let refusal = #expect(throws: Refusal.self) { try admit(Self.order(change).text) }
        #expect(refusal?.rule == rule)
    }

    @Test func aRestartIsAdmittedAsARestart() throws {
        let order = Self.order { $0.operation = .restart }
        let restart = AttemptName(rollout: Self.id, host: HostName(accepted: "h1"), operation: .restart, number: 1)
        #expect(try admit(order.text, attempt: restart) == order)
        let refusal = #expect(throws: Refusal.self) { try admit(Self.order().text, attempt: restart) }
        #expect(refusal?.rule == .operationUnknown)
    }

    @Test func expiryIsToTheMillisecond() throws {
        #expect(try admit(Self.order().text, now: 2000) == Self.order())
        let refusal = #expect(throws: Refusal.self) { try admit(Self.order().text, now: 2001) }
        #expect(refusal?.rule == .orderExpired)
    }

    @Test func aLaterAttemptRestsOnNothingYet() {
        let second = AttemptName(rollout: Self.id, host: HostName(accepted: "h1"), operation: .deploy, number: 2)
        let refusal = #expect(throws: Refusal.self) { try admit(Self.order().text, attempt: second) }
        #expect(refusal?.rule == .operationUnknown)
    }

    @Test(arguments: [[], Array("qtorder1\n".utf8), Array(repeating: 0xFF, count: 4096)] as [[UInt8]])
    func garbageIsRefused(text: [UInt8]) {
        let refusal = #expect(throws: Refusal.self) { try admit(text) }
        #expect(refusal?.rule == .orderMalformed)
    }
}
