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

    @Test func naturalOrder() {
        #expect(NaturalOrder.precedes("h2", "h10"))
        #expect(!NaturalOrder.precedes("h10", "h2"))
        #expect(NaturalOrder.precedes("a1b2", "a1b10"))
        #expect(NaturalOrder.precedes("h", "h1"))
        #expect(!NaturalOrder.precedes("h1", "h1"))
    }
}
