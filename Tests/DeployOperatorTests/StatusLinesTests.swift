import DeployModel
import Testing

@testable import DeployOperator

/// A status in a terminal of a size.
@Suite struct StatusLinesTests {
    private func status(_ count: Int, remarkOf bad: Int? = nil) -> StatusView.Status {
        StatusView.Status(
            rows: (1...count).map { number in
                StatusView.Status.Row(
                    cells: [
                        "h\(number)", "quantum-apply-layer", "active", "3333333333", "3333333333", "main",
                        "\(number) s ago", "\(number) s ago, idle",
                    ],
                    remark: number == bad ? "not active" : "", essence: [], line: nil)
            })
    }

    @Test(arguments: [60, 79, 200])
    func ofTooManyRowsThereAreAsManyAsFit(width: Int) {
        let lines = status(30, remarkOf: 29).lines(atMost: 23, fitting: width)
        #expect(lines.count == 23)
        #expect(lines.contains { $0.hasPrefix("h29 ") && $0.contains("not active") }, "what is not as it should be")
        let hosts = lines.filter { $0.hasPrefix("h") }.count
        #expect(lines.last == "... and \(30 - hosts) more: name services, or use --host")
    }

    @Test(arguments: [79, 200])
    func whatFitsIsShownWhole(width: Int) {
        let lines = status(20).lines(atMost: 23, fitting: width)
        #expect(lines.filter { $0.hasPrefix("h") }.count == 20 && !lines.contains { $0.hasPrefix("...") })
    }

    @Test func aTerminalOfTwoLinesShowsWhatItCan() {
        #expect(status(30).lines(atMost: 2, fitting: 79).count <= 2)
    }
}
