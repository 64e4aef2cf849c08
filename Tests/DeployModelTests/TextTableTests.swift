import DeployModel
import Testing

@Suite struct TextTableTests {
    private static let path = "/home/qt/quantum_trader"

    private func table() -> TextTable {
        var table = TextTable("HOST", "SERVICE", "REMARK", "CHECKOUT", "CANONICAL PATH")
        table.add("a-host-with-a-long-name", "quantum-apply-layer", "", "cbb55b938e", Self.path)
        table.add("h2", "quantum-reconcile-engine", "", "cbb55b938e", Self.path)
        return table
    }

    @Test func withoutALimitNothingIsCut() {
        #expect(
            table().text == """
                HOST                     SERVICE                   REMARK  CHECKOUT    CANONICAL PATH
                a-host-with-a-long-name  quantum-apply-layer       -       cbb55b938e  /home/qt/quantum_trader
                h2                       quantum-reconcile-engine  -       cbb55b938e  /home/qt/quantum_trader
                """)
    }

    /// First what says nothing goes, then the widest are cut: a path at its beginning, for its end tells more.
    @Test func aNarrowTerminalGetsWholeRows() {
        #expect(
            table().lines(fitting: 86)[1]
                == "a-host-with-a-long-name  quantum-apply-layer       cbb55b938e  /home/qt/quantum_trader")
        #expect(
            table().text(fitting: 70) == """
                HOST                     SERVICE           CHECKOUT    CANONICAL PATH
                a-host-with-a-long-name  quantum-apply-l~  cbb55b938e  ~quantum_trader
                h2                       quantum-reconci~  cbb55b938e  ~quantum_trader
                """)
    }

    @Test(arguments: 62...120) func everyRowFits(width: Int) {
        for line in table().lines(fitting: width) { #expect(line.count <= width, "\(line)") }
    }

    /// Names of rows and short commits stay whole however narrow it is; then the terminal wraps.
    @Test func namesAndCommitsAreNeverCut() {
        let lines = table().lines(fitting: 20)
        #expect(lines[1].hasPrefix("a-host-with-a-long-name  ") && lines[1].contains("  cbb55b938e  "))
        #expect(lines == table().lines(fitting: 59))
    }
}
