import Coordination
import DeployModel
import Testing

@testable import DeployOperator

@Suite struct ScopeTests {
    private func scope(_ request: DeployRequest, _ hosts: [HostRecord]) throws -> Scope {
        try Scope.of(request, among: hosts, now: Samples.now)
    }

    private func refusal(_ request: DeployRequest, _ hosts: [HostRecord]) throws -> OperatorError.TargetRefusal {
        let error = #expect(throws: OperatorError.self) { try scope(request, hosts) }
        guard case .refused(let all)? = error else { throw try #require(error) }
        return try #require(all.first)
    }

    @Test func enrolledHostsAreAskedInNaturalOrder() throws {
        let hosts = ["h10", "h2", "h1"].map { Samples.host($0) }
        #expect(try scope(Samples.all, hosts).hosts.map(\.text) == ["h1", "h2", "h10"])
    }

    @Test func whoIsNotAMemberIsOnlyNoted() throws {
        let found = try scope(
            Samples.all, [Samples.host("h1"), Samples.host("h2", .seen), Samples.host("h3", .drained)])
        #expect(found.hosts.map(\.text) == ["h1"])
        #expect(found.notes.count == 2)
        #expect(found.notes.contains { $0.contains("qtctl agents enrol h2") })
        #expect(found.notes.contains { $0.contains("h3") && $0.contains("new disk") })
    }

    @Test func aSilentHostIsRefusedUnlessLeftOut() throws {
        let hosts = [Samples.host("h1"), Samples.host("h3", heard: 91)]
        let refused = try refusal(Samples.all, hosts)
        #expect(refused.refusal.rule == .hostDown)
        #expect(refused.refusal.remedy.contains("--exclude h3"))
        let without = DeployRequest(services: [], excluded: [.name(HostName(accepted: "h3"))])
        #expect(try scope(without, hosts).hosts.map(\.text) == ["h1"])
        #expect(try scope(Samples.all, [Samples.host("h3", heard: 90)]).hosts.count == 1)
    }

    @Test func anEnrolledHostThatWasNeverHeardIsRefused() throws {
        let refused = try refusal(Samples.all, [Samples.host("h1"), Samples.host("h2", heard: nil, services: [])])
        #expect(refused.host == "h2")
        #expect(refused.refusal.rule == .hostDown)
    }

    @Test func unknownNamesComeWithTheNearOne() throws {
        let hosts = [Samples.host("h1")]
        let service = DeployRequest(services: [ServiceName(accepted: "quantum-aply-layer")])
        let unknown = try refusal(service, hosts)
        #expect(unknown.refusal.rule == .serviceUnknown)
        #expect(unknown.refusal.message.contains("quantum-apply-layer was meant"))
        #expect(
            try refusal(DeployRequest(services: [], hosts: [.name(HostName(accepted: "h9"))]), hosts).refusal.rule
                == .hostUnknown)
        #expect(
            try refusal(DeployRequest(services: [], excluded: [.name(HostName(accepted: "x"))]), hosts).refusal.rule
                == .hostUnknown)
    }

    @Test func aHostWithoutTheServiceIsNotAsked() throws {
        let hosts = [Samples.host("h1", services: [Samples.apply]), Samples.host("h2", services: [Samples.engine])]
        #expect(try scope(DeployRequest(services: [Samples.engine]), hosts).hosts.map(\.text) == ["h2"])
    }

    @Test func nobodyLeftIsARefusal() throws {
        let request = DeployRequest(services: [], excluded: [.name(HostName(accepted: "h1"))])
        #expect(try refusal(request, [Samples.host("h1")]).refusal.rule == .nothingToDo)
    }
}
