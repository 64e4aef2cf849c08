import Coordination
import DeployModel
import Synchronization
import Testing

@testable import DeployOperator

/// What a console printed.
final class Paper: Sendable {
    private let lines = Mutex<[(isData: Bool, text: String)]>([])

    func console(_ form: Console.Form = .text) -> Console {
        Console(form: form, isUTC: true) { isData, text in
            self.lines.withLock { $0.append((isData, String(text.dropLast()))) }
        }
    }

    var data: [String] { lines.withLock { $0.filter(\.isData).map(\.text) } }
    var notes: [String] { lines.withLock { $0.filter { !$0.isData }.map(\.text) } }
}

@Suite struct ConsoleTests {
    @Test func aPlanReadsAsATable() {
        let paper = Paper()
        let plan = Plan.make(
            Samples.all,
            targets: [Samples.target("h1"), Samples.target("h1", Samples.engine, order: 20) { $0.isSibling = true }],
            silent: [], notes: [])
        paper.console().show(plan)
        #expect(
            paper.data == [
                """
                commit bbbbbbbbbb of quantum_trader, branch main, 1 commit ahead: a change
                HOST  SERVICE                             UNIT    RUNS        CHECKOUT    WOULD   CANONICAL PATH
                h1    quantum-apply-layer                 active  aaaaaaaaaa  aaaaaaaaaa  deploy  /home/qt/quantum_trader
                h1    quantum-reconcile-engine (sibling)  active  aaaaaaaaaa  aaaaaaaaaa  deploy  /home/qt/quantum_trader
                """
            ])
    }

    @Test func aHostThatTakesUnsignedOrdersIsNamed() {
        let paper = Paper()
        let targets = ["h1", "h2", "h10"].map { name in
            Samples.target(name) { $0.signatures = name == "h1" ? "required" : "off" }
        }
        paper.console().show(Plan.make(Samples.all, targets: targets, silent: [], notes: []))
        #expect(paper.notes == ["signatures: off on h2, h10"])
    }

    @Test func aRefusalSaysWhereWhatAndTheRemedy() {
        let paper = Paper()
        let refusal = Refusal(.headDetached, "HEAD of /p is detached\u{1b}[2J", remedy: "git checkout main")
        paper.console().refused([.init(host: "h1", service: "a", refusal)])
        #expect(paper.notes == ["refused: h1 a: HEAD of /p is detached\\x1b[2J", "         git checkout main"])
        #expect(paper.data.isEmpty)
        let json = Paper()
        json.console(.json).refused([.init(host: "h1", refusal)])
        #expect(
            json.data.first?.hasPrefix(
                #"{"type":"refusal","schema":1,"rule":"head_detached","host":"h1","service":null"#) == true)
    }

    @Test func inTheJSONFormNoTextIsData() {
        let paper = Paper()
        paper.console(.json).show(Plan.make(Samples.all, targets: [Samples.target("h1")], silent: [], notes: []))
        #expect(paper.data.allSatisfy { $0.hasPrefix("{\"type\":") })
    }

    @Test func aCauseIsSaidOnceWithAllThatItStruck() {
        func target(_ host: String, _ service: ServiceName, _ error: String) -> TargetOutcome {
            var target = TargetOutcome(host: HostName(accepted: host), service: service)
            target.verdict = .failed
            target.error = error
            target.rule = .restartFailed
            return target
        }
        let paper = Paper()
        paper.console().show(
            Samples.rollout(.failed),
            [
                target("h1", Samples.apply, "it died"), target("h2", Samples.apply, "another"),
                target("h2", Samples.engine, "it died"), target("h3", Samples.apply, "it died\nlook there"),
                target("h4", Samples.apply, "no git"), target("h4", Samples.engine, "no git"),
                target("h5", Samples.apply, "it died"),
            ], exit: .failedAndChanged)
        #expect(
            paper.data[2...6] == [
                "h1, h5 quantum-apply-layer: restart_failed: it died",
                "h2 quantum-apply-layer: restart_failed: another",
                "h2 quantum-reconcile-engine: restart_failed: it died",
                "h3 quantum-apply-layer: restart_failed: it died\n    look there",
                "h4 quantum-apply-layer, quantum-reconcile-engine: restart_failed: no git",
            ])
    }

    @Test func theZoneOfAColumnIsSaidInItsHead() {
        let console = Console(form: .text, isUTC: false) { _, _ in }
        let moments = [1_700_000_000_000, 1_700_000_060_000].map { Timestamp(milliseconds: $0) }
        let column = console.timeColumn("WHEN", moments)
        #expect(column.cells.map(\.count) == [19, 19])
        #expect(column.cells.map { $0 + column.head.dropFirst(4) } == moments.map(console.time))
        let utc = Paper().console()
        #expect(utc.timeColumn("WHEN", moments) == ("WHEN", moments.map(\.description)))
        #expect(console.timeColumn("WHEN", []) == ("WHEN", []))
    }

    @Test func naturalOrder() {
        #expect(NaturalOrder.precedes("h2", "h10"))
        #expect(!NaturalOrder.precedes("h10", "h2"))
        #expect(NaturalOrder.precedes("a1b2", "a1b10"))
        #expect(NaturalOrder.precedes("h", "h1"))
        #expect(!NaturalOrder.precedes("h1", "h1"))
    }
}
