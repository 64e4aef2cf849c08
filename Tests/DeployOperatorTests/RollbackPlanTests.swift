import Coordination
import DeployModel
import Testing

@testable import DeployOperator

/// Where a rollback goes, and what may be restarted together.
@Suite struct RollbackPlanTests {
    private static func verified(_ host: String, _ last: CommitID?, _ before: CommitID?) -> VerifiedCommits {
        VerifiedCommits(host: HostName(accepted: host), service: Samples.apply, last: last, before: before)
    }

    private static func refusals(_ body: () throws -> CommitID) -> [OperatorError.TargetRefusal] {
        let error = #expect(throws: OperatorError.self) { try body() }
        guard case .refused(let all) = error else { return [] }
        return all
    }

    @Test func allGoToWhatAllHadBefore() throws {
        let both = [Self.verified("h1", Samples.new, Samples.old), Self.verified("h2", Samples.new, Samples.old)]
        #expect(try RollbackChoice.destination(both) == Samples.old)
    }

    @Test func whoHasNothingBeforeIsNamed() {
        let refused = Self.refusals {
            try RollbackChoice.destination([
                Self.verified("h1", Samples.new, Samples.old), Self.verified("h2", Samples.new, nil),
            ])
        }
        #expect(refused.map(\.host) == ["h2"])
        #expect(refused.first?.refusal.message == "no commit was verified there before bbbbbbbbbb")
        #expect(refused.first?.refusal.remedy.contains("--to SHA") == true)
    }

    @Test(arguments: [
        (Samples.old, Samples.other, "aaaaaaaaaa on h2; bbbbbbbbbb on h1"),
        (Samples.new, Samples.other, "aaaaaaaaaa on h1; cccccccccc on h2"),
    ]) func whoWouldGoElsewhereIsNotTakenAlong(last: CommitID, before: CommitID, words: String) {
        let refused = Self.refusals {
            try RollbackChoice.destination([
                Self.verified("h1", Samples.new, Samples.old), Self.verified("h2", last, before),
            ])
        }
        #expect(refused.map(\.refusal.rule) == [.severalCommits])
        #expect(refused.first?.refusal.message.contains(words) == true, "\(refused)")
    }

    private static func plan(
        _ purpose: DeployRequest.Purpose, destination: CommitID? = nil, _ changes: [(inout PlanTarget) -> Void]
    ) -> Plan {
        let targets = changes.enumerated().map { Samples.target("h\($0 + 1)", Samples.apply, $1) }
        return Plan.make(
            DeployRequest(purpose, services: []), targets: targets, silent: [], destination: destination, notes: [])
    }

    private static func order(_ plan: Plan, _ purpose: DeployRequest.Purpose) -> Order? {
        plan.order(
            DeployRequest(purpose, services: []), fleet: StandIn.name, id: Samples.id, operatorName: StandIn.ann,
            serverTime: Samples.now, created: Samples.now)
    }

    @Test func aRollbackIsADeploymentInAnyDirection() throws {
        let plan = Self.plan(.rollback, destination: Samples.other, [{ ($0.ahead, $0.behind) = (0, 2) }])
        let order = try #require(Self.order(plan, .rollback))
        #expect(order.operation == .deploy && order.direction == .any && order.commit == Samples.other)
        #expect(plan.targets[0].verdict(plan.commit, plan.purpose) == "go back")
    }

    @Test func whatIsAheadIsNoWayBack() {
        let forward: (inout PlanTarget) -> Void = { ($0.ahead, $0.behind) = (2, 0) }
        let plan = Self.plan(.rollback, destination: Samples.new, [forward])
        #expect(plan.refusals.map(\.refusal.rule) == [.nothingToDo])
        #expect(plan.refusals.first?.refusal.message.contains("h1") == true)
        // Who names it means it.
        let named = Plan.make(
            DeployRequest(.rollback, services: [], commit: Samples.new),
            targets: [Samples.target("h1", Samples.apply, forward)],
            silent: [], notes: [])
        #expect(named.refusals.isEmpty && named.commit == Samples.new)
    }

    @Test func aRestartStaysAtTheCommitThatAllHave() throws {
        let bare: (inout PlanTarget) -> Void = { $0.remoteCommit = nil }
        let plan = Self.plan(.restart, [bare, bare])
        let order = try #require(Self.order(plan, .restart))
        #expect(order.operation == .restart && order.direction == .forward && order.commit == Samples.old)
        #expect(plan.targets[0].verdict(plan.commit, plan.purpose) == "restart")
        let mixed = Self.plan(.restart, [bare, { $0.checkout = Samples.new }])
        #expect(mixed.refusals.map(\.refusal.rule) == [.severalCommits])
        #expect(mixed.refusals.first?.refusal.message.contains("aaaaaaaaaa on h1; bbbbbbbbbb on h2") == true)
    }

    @Test(arguments: [
        (DeployRequest.Purpose.deploy, "deploy bbbbbbbbbb to 1 target on 1 host?"),
        (.restart, "restart 1 target, which stay at bbbbbbbbbb, on 1 host?"),
        (.rollback, "go back to bbbbbbbbbb with 1 target on 1 host?"),
    ]) func theQuestionSaysWhat(purpose: DeployRequest.Purpose, words: String) throws {
        let made = Plan.make(Samples.all, targets: [Samples.target("h1")], silent: [], notes: []).order(
            Samples.all, fleet: StandIn.name, id: .random(), operatorName: StandIn.ann, serverTime: Samples.now,
            created: Samples.now)
        let settings = OperatorSettings(fleet: StandIn.name, redis: "r:1", operatorName: StandIn.ann, signing: .off)
        let question = Deployment.question(try #require(made), purpose, settings)
        #expect(question == "fleet lab, Redis r:1, operator ann, signatures: off\n\(words)")
    }

    @Test(arguments: [
        ("1", 3, ", one host after the other?"), ("5", 3, ", all at once?"), ("2", 5, ", 2 at once?"),
        ("1,2", 6, ", in waves of 1, 2, 2, 1?"), ("1", 1, " on 1 host?"),
    ]) func theQuestionSaysThePace(batch: String, hosts: Int, words: String) throws {
        let request = DeployRequest(services: [], waves: try WaveSizes(batch))
        let targets = (1...hosts).map { Samples.target("h\($0)") }
        let made = Plan.make(request, targets: targets, silent: [], notes: []).order(
            request, fleet: StandIn.name, id: .random(), operatorName: StandIn.ann, serverTime: Samples.now,
            created: Samples.now)
        let settings = OperatorSettings(fleet: StandIn.name, redis: "r:1", operatorName: StandIn.ann, signing: .off)
        #expect(Deployment.question(try #require(made), .deploy, settings).hasSuffix(words))
    }
}
