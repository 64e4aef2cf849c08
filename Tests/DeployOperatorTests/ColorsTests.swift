import DeployModel
import Testing

@testable import DeployOperator

@Suite struct ColorsTests {
    private func colors(
        _ choice: Colors.Choice, _ environment: [String: String] = [:], terminals: Set<Int32> = [1, 2]
    ) -> Colors {
        Colors(choice, environment: environment) { terminals.contains($0) }
    }

    @Test func colourIsForTerminalsThatWantIt() {
        #expect(colors(.auto) == Colors(isOnOutput: true, isOnError: true))
        #expect(colors(.auto, terminals: [2]) == Colors(isOnOutput: false, isOnError: true))
        #expect(colors(.auto, ["NO_COLOR": "1"]) == .none)
        #expect(colors(.auto, ["NO_COLOR": ""]) != .none)
        #expect(colors(.auto, ["TERM": "dumb"]) == .none)
        #expect(colors(.always, ["NO_COLOR": "1"], terminals: []) == Colors(isOnOutput: true, isOnError: true))
        #expect(colors(.never) == .none)
    }

    @Test func colourMovesNoColumnAndNeverReachesJSON() {
        var table = TextTable("A", "B")
        table.add("failed", "x")
        let painted = table.text { colors(.always).onOutput($0 == "failed" ? .bad : nil, $1) }
        #expect(painted.replacing("\u{1B}[31m", with: "").replacing("\u{1B}[0m", with: "") == table.text)
        #expect(painted.contains("\u{1B}[31mfailed\u{1B}[0m  x"))
        #expect(Console(form: .json, isUTC: true, colors: colors(.always)).colors == .none)
    }
}
