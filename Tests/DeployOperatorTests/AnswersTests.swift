import DeployModel
import Testing

@testable import Coordination
@testable import DeployOperator

@Suite struct AnswersTests {
    private static let hosts = ["h1", "h2"].map { HostName(accepted: $0) }

    private func entry(_ fields: KeyValuePairs<String, String>) -> StreamEntry {
        StreamEntry(id: "1-0", fields: fields.map { StreamEntry.Field(name: $0.key, value: $0.value) })
    }

    private func answers(_ entries: [StreamEntry]) -> Answers {
        var answers = Answers(asked: Self.hosts)
        for entry in entries { answers.take(entry) }
        return answers
    }

    @Test func whoDidNotSayThatThisWasAllIsSilent() throws {
        let answers = answers([
            entry(["host": "h1", "type": "target", "service": "a"]),
            entry(["host": "h2", "type": "done", "targets": "0"]),
        ])
        #expect(answers.silent.map(\.text) == ["h1"])
        #expect(answers.incomplete.isEmpty)
    }

    @Test func aTargetThatGotLostOrCanNotBeReadIsNotLeftOutInSilence() throws {
        for lost in [[], [entry(["host": "h1", "type": "target", "service": "a b"])]] {
            let answers = answers(
                lost + [
                    entry(["host": "h1", "type": "target", "service": "a"]),
                    entry(["host": "h1", "type": "done", "targets": "2"]),
                ])
            #expect(answers.incomplete.map(\.host) == ["h1"])
            #expect(answers.incomplete.first?.refusal.message == "host h1 told of 2 targets, and 1 can be read here")
        }
    }

    @Test func theSameAnswerTwiceCountsOnce() throws {
        let target = entry(["host": "h1", "type": "target", "service": "a"])
        let answers = answers([target, target, entry(["host": "h1", "type": "done", "targets": "1"])])
        #expect(answers.targets.count == 1)
        #expect(answers.incomplete.isEmpty)
    }

    @Test func whoWasNotAskedIsNotHeard() throws {
        let answers = answers([
            entry(["host": "h9", "type": "target", "service": "a"]),
            entry(["host": "h9", "type": "done", "targets": "1"]),
        ])
        #expect(answers.targets.isEmpty)
        #expect(answers.silent.count == 2)
    }

    @Test func anEntryBecomesATarget() throws {
        let target = try #require(
            PlanTarget(
                entry([
                    "host": "h1", "type": "target", "service": "a", "source": "qt", "order": "20",
                    "canonical_path": "/p", "checkout_commit": Samples.old.text, "running_commit": "x",
                    "basis": "mixed",
                    "ahead": "", "via": "sibling", "rule": "of_tomorrow", "message": "m", "remedy": "r",
                ])))
        #expect(target.order == 20)
        #expect(target.isSibling)
        #expect(target.running == nil)
        #expect(target.ahead == nil)
        // A rule that this version does not know refuses all the same.
        #expect(target.refusal == Refusal(.hostStateUnreadable, "m", remedy: "r"))
    }
}

/// What must not slip through a plan.
@Suite struct PlanGapTests {
    private func rules(_ request: DeployRequest, _ targets: [PlanTarget]) -> [Rule] {
        Plan.make(request, targets: targets, silent: [], notes: []).refusals.map(\.refusal.rule)
    }

    @Test func aNamedServiceThatNobodyHasIsRefusedBesideOneThatIsThere() {
        let request = DeployRequest(services: [Samples.apply, Samples.engine])
        #expect(rules(request, [Samples.target("h1")]) == [.serviceUnknown])
        #expect(rules(request, [Samples.target("h1"), Samples.target("h2", Samples.engine)]).isEmpty)
    }

    @Test(arguments: ["path", "checkout", "branch", "source", "remote"]) func aTargetWithAGapIsRefused(gap: String) {
        let target = Samples.target("h1") { target in
            switch gap {
            case "path": target.canonicalPath = nil
            case "checkout": target.checkout = nil
            case "branch": target.branch = nil
            case "source": target.source = "../x"
            default: target.remoteCommit = nil
            }
        }
        #expect(rules(Samples.all, [target]).contains(.hostStateUnreadable))
        let pinned = DeployRequest(services: [], commit: Samples.new)
        #expect(rules(pinned, [target]).contains(.hostStateUnreadable) == (gap != "remote"))
    }

    @Test func anIncompleteAnswerRefusesThePlan() {
        let plan = Plan.make(
            Samples.all, targets: [Samples.target("h1")], silent: [],
            incomplete: [.init(host: "h1", Refusal(.hostStateUnreadable, "x"))], notes: [])
        #expect(plan.refusals.count == 1)
    }

    @Test func aDrainedHostIsLeftOutOfAllAndRefusedByName() throws {
        let hosts = [Samples.host("h1"), Samples.host("h3", .drained)]
        #expect(try Scope.of(Samples.all, among: hosts, now: Samples.now).hosts.map(\.text) == ["h1"])
        let named = DeployRequest(services: [], hosts: [.name(HostName(accepted: "h3"))])
        let error = #expect(throws: OperatorError.self) { try Scope.of(named, among: hosts, now: Samples.now) }
        #expect(error?.description.contains("drained by ann: new disk") == true)
    }

    @Test func hostsThatAreBehindByDifferentNumbersAreNotGivenOne() {
        let paper = Paper()
        paper.console().show(
            Plan.make(
                Samples.all, targets: [Samples.target("h1"), Samples.target("h2") { $0.ahead = 3 }], silent: [],
                notes: []))
        #expect(paper.data.first?.contains("up to 3 commits ahead") == true)
    }
}
