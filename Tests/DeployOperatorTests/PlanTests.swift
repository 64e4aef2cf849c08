import Coordination
import DeployModel
import Testing

@testable import DeployOperator

@Suite struct PlanTests {
    private func plan(_ targets: [PlanTarget], _ request: DeployRequest = Samples.all, silent: [String] = []) -> Plan {
        Plan.make(request, targets: targets, silent: silent.map { HostName(accepted: $0) }, notes: [])
    }

    private func order(_ plan: Plan, _ request: DeployRequest = Samples.all) -> Order? {
        plan.order(
            request, fleet: FleetName(accepted: "lab"), id: .random(), operatorName: OperatorName(accepted: "ann"),
            serverTime: Samples.now, created: Samples.now)
    }

    @Test func aGoodPlanBecomesAnOrder() throws {
        let made = plan([
            Samples.target("h10"), Samples.target("h2", Samples.engine, order: 20), Samples.target("h2"),
        ])
        #expect(made.refusals.isEmpty)
        #expect(made.commit == Samples.new)
        let order = try #require(self.order(made))
        #expect(order.flaw == nil)
        #expect(order.lines.map(\.host.text) == ["h2", "h10"])
        #expect(order.lines.first?.services == [Samples.apply, Samples.engine])
        #expect(order.lines.first?.expectedHead == Samples.old)
        #expect(order.waves.counts(hosts: 2) == [1, 1])
        #expect(order.beginBefore.milliseconds - Samples.now.milliseconds == 900_000)
        #expect(order.until.milliseconds - Samples.now.milliseconds == 14_400_000)
        #expect(order.failedHost == .revert)
    }

    @Test func twoPathsOfOneHostAreTwoLines() throws {
        let made = plan([
            Samples.target("h1"),
            Samples.target("h1", Samples.engine, order: 20) {
                $0.canonicalPath = CanonicalPath(accepted: "/srv/engine")
            },
        ])
        #expect(try #require(order(made)).lines.map(\.path.text) == ["/home/qt/quantum_trader", "/srv/engine"])
    }

    @Test func aPlanWithARefusalIsNeverAnOrder() {
        let made = plan([
            Samples.target("h1"),
            Samples.target("h2") { $0.refusal = Refusal(.trackedFileChanged, "x", remedy: "git stash") },
        ])
        #expect(made.refusals.map(\.refusal.rule) == [.trackedFileChanged])
        #expect(made.refusals.first?.host == "h2")
        #expect(order(made) == nil)
    }

    @Test func hostsThatDoNotAnswerAreRefused() {
        #expect(plan([Samples.target("h1")], silent: ["h2"]).refusals.map(\.refusal.rule) == [.hostSilent])
        #expect(plan([]).refusals.map(\.refusal.rule) == [.nothingToDo])
    }

    @Test func differingRemotesAreRefusedUnlessACommitIsNamed() {
        let targets = [Samples.target("h1"), Samples.target("h2") { $0.remoteCommit = Samples.other }]
        let made = plan(targets)
        #expect(made.refusals.map(\.refusal.rule) == [.remotesDiffer])
        #expect(made.refusals.first?.refusal.message.contains("h1") == true)
        let pinned = plan(targets, DeployRequest(services: [], commit: Samples.new))
        #expect(pinned.refusals.isEmpty)
        #expect(pinned.commit == Samples.new)
    }

    @Test func severalSourcesOrBranchesAreRefused() {
        let sources = plan([Samples.target("h1"), Samples.target("h1", Samples.engine) { $0.source = "other" }])
        #expect(sources.refusals.first?.refusal.rule == .severalSources)
        #expect(sources.refusals.first?.refusal.remedy.contains("--source") == true)
        let branches = plan([
            Samples.target("h1"), Samples.target("h2") { $0.branch = BranchName(accepted: "release") },
        ])
        #expect(branches.refusals.first?.refusal.remedy.contains("--ref") == true)
    }

    @Test func siblingsComeAlongOrAreRefused() {
        let targets = [Samples.target("h1"), Samples.target("h1", Samples.engine) { $0.isSibling = true }]
        #expect(plan(targets).refusals.isEmpty)
        let strict = DeployRequest(services: [Samples.apply], includesSiblings: false)
        #expect(plan(targets, strict).refusals.map(\.refusal.rule) == [.siblingsRefused])
    }

    @Test func leavingAFailedHostStandsInTheOrder() throws {
        let request = DeployRequest(services: [], revertsFailedHost: false)
        #expect(try #require(order(plan([Samples.target("h1")], request), request)).failedHost == .leave)
    }

    @Test func whatWouldHappen() {
        #expect(Samples.target("h1").verdict(Samples.new) == "deploy")
        #expect(Samples.target("h1").verdict(Samples.old) == "unchanged")
        #expect(Samples.target("h1") { $0.basis = "inferred" }.verdict(Samples.old) == "restart")
        #expect(Samples.target("h1") { $0.refusal = Refusal(.headDetached, "x") }.verdict(Samples.new) == "refused")
    }
}
