import DeployModel
import SettingsFile
import Testing

@testable import DeployAgent

@Suite struct HostPolicyTests {
    private func policy(_ text: String) throws -> HostPolicy {
        try AgentConfiguration.read([("agent.yaml", AgentConfigurationTests.small + "\n" + text)]).policy
    }

    /// What becomes of an order of somebody; nil when it may begin.
    private func rule(_ policy: HostPolicy, _ name: String, _ change: (inout Order) -> Void = { _ in }) -> Rule? {
        let order = AdmissionTests.order {
            $0.operatorName = OperatorName(accepted: name)
            change(&$0)
        }
        return policy.refusal(order, order.services, now: Timestamp(milliseconds: 0))?.rule
    }

    @Test func withoutAPolicyWhoeverMaySignMayAll() throws {
        #expect(rule(try policy(""), "ann") == nil)
        #expect(rule(try policy("policy: {}"), "ann") { $0.operation = .restart } == nil)
    }

    @Test func aGrantIsForItsOperatorsItsOperationsAndItsServices() throws {
        let policy = try policy(
            """
            policy:
              allow:
                - {operators: [ann, "*@example.org"], operations: [deploy, restart]}
                - {operators: [bob], services: [quantum-a]}
            """)
        #expect(rule(policy, "ann") == nil && rule(policy, "eve@example.org") == nil)
        #expect(rule(policy, "ann") { $0.operation = .restart } == nil)
        #expect(rule(policy, "ann") { $0.direction = .any } == .notPermitted, "a rollback")
        #expect(rule(policy, "bob") { $0.direction = .any } == nil)
        #expect(rule(policy, "bob") { $0.lines[0].services = [ServiceName(accepted: "quantum-b")] } == .notPermitted)
        #expect(
            rule(policy, "bob") {
                $0.lines[0].services = ["quantum-a", "quantum-b"].map { ServiceName(accepted: $0) }
            } == .notPermitted, "one of two")
        for nobody in ["carl", "annn", "an", "eve@example.org.evil", "Ann"] {
            #expect(rule(policy, nobody) == .notPermitted, "\(nobody)")
        }
    }

    /// 2026-12-01 was a Tuesday.
    @Test(arguments: [
        (#"{from: "13:25", to: "20:05"}"#, "13:24", false), (#"{from: "13:25", to: "20:05"}"#, "13:25", true),
        (#"{from: "13:25", to: "20:05"}"#, "20:04", true), (#"{from: "13:25", to: "20:05"}"#, "20:05", false),
        (#"{from: "13:25", to: "20:05", days: [wed]}"#, "14:00", false),
        (#"{from: "13:25", to: "20:05", days: [mon, tue]}"#, "14:00", true),
        (#"{from: "22:00", to: "06:00"}"#, "23:59", true), (#"{from: "22:00", to: "06:00"}"#, "05:59", true),
        (#"{from: "22:00", to: "06:00"}"#, "06:00", false), (#"{from: "22:00", to: "06:00"}"#, "21:59", false),
        (#"{from: "22:00", to: "06:00", days: [mon]}"#, "01:00", true),
        (#"{from: "22:00", to: "06:00", days: [mon]}"#, "23:00", false),
        (#"{from: "22:00", to: "06:00", days: [tue]}"#, "01:00", false),
    ]) func aClosedTimeBeginsOnItsDaysAndEndsBeforeItsEnd(block: String, time: String, isClosed: Bool) throws {
        let policy = try policy("policy: {deny_between: [\(block)]}")
        let parts = time.split(separator: ":").compactMap { Int64($0) }
        let midnight: Int64 = 1_796_083_200_000
        let now = Timestamp(milliseconds: midnight + (parts[0] * 60 + parts[1]) * 60_000)
        #expect(now.description.hasPrefix("2026-12-01T\(time):00"))
        let refusal = policy.closed(now: now)
        #expect((refusal != nil) == isClosed)
        if isClosed { #expect(refusal?.rule == .closedNow && refusal?.rule.isPermission == false) }
    }

    @Test(arguments: [
        ("policy: {allow: []}", "allows nobody"), ("policy: {alow: []}", "allow was meant"),
        ("policy: {allow: [{operations: [deploy]}]}", "operators: is missing"),
        ("policy: {allow: [{operators: [a], operations: [destroy]}]}", "deploy, rollback, restart"),
        ("policy: {allow: [{operators: [a], services: [a.service]}]}", "service name"),
        (#"policy: {deny_between: [{from: "9:00", to: "10:00"}]}"#, "09:30"),
        (#"policy: {deny_between: [{from: "24:00", to: "10:00"}]}"#, "09:30"),
        (#"policy: {deny_between: [{from: "10:00", to: "10:00"}]}"#, "same as from"),
        (#"policy: {deny_between: [{from: "10:00"}]}"#, "from and to"),
        (#"policy: {deny_between: [{from: "10:00", to: "11:00", days: []}]}"#, "mon to sun"),
        (#"policy: {deny_between: [{from: "10:00", to: "11:00", days: [today]}]}"#, "mon, tue"),
    ]) func whatIsWrongIsNamedWithItsLine(text: String, words: String) {
        let error = #expect(throws: SettingsError.self) { try policy(text) }
        #expect(
            error?.line == 10 && error?.problem.contains(words) == true, "\(error.map(String.init(describing:)) ?? "")")
    }
}
