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

    /// First what says nothing goes, then what every row says alike is said once, then the widest are cut.
    @Test func aNarrowTerminalGetsWholeRows() {
        #expect(
            table().lines(fitting: 86)[1]
                == "a-host-with-a-long-name  quantum-apply-layer       cbb55b938e  /home/qt/quantum_trader")
        #expect(
            table().text(fitting: 70) == """
                in every row: CANONICAL PATH /home/qt/quantum_trader
                HOST                     SERVICE                   CHECKOUT
                a-host-with-a-long-name  quantum-apply-layer       cbb55b938e
                h2                       quantum-reconcile-engine  cbb55b938e
                """)
        #expect(
            table().text(fitting: 44) == """
                in every row: CHECKOUT cbb55b938e, CANONICAL PATH /home/qt/quantum_trader
                HOST                     SERVICE
                a-host-with-a-long-name  quantum-apply-layer
                h2                       quantum-reconcile-~
                """)
    }

    /// A path is cut at its beginning, for its end tells more. What one row alone says is not said apart from it.
    @Test func aPathKeepsItsEnd() {
        var table = TextTable("HOST", "CANONICAL PATH")
        table.add("h1", Self.path)
        #expect(table.lines(fitting: 19) == ["HOST  CANONICAL PA~", "h1    ~antum_trader"])
        table.add("h2", Self.path + "2")
        #expect(table.lines(fitting: 19)[1...] == ["h1    ~antum_trader", "h2    ~ntum_trader2"])
    }

    @Test(arguments: 63...120) func everyRowFits(width: Int) {
        var table = table()
        table.add("h3", "another", "a remark that is somewhat longer", "0123456789", "/srv/another/place")
        for line in table.lines(fitting: width) { #expect(line.count <= width, "\(line)") }
    }

    /// What tells rows apart, and what a person must see, is cut when nothing else is left to cut.
    @Test func firmColumnsGiveWayLast() {
        var table = TextTable(
            ["HOST", "SERVICE", "RUNS", "BRANCH", "REMARK"], firm: ["SERVICE", "REMARK"], lesser: ["BRANCH"])
        table.add("h1", "quantum-apply-layer", "3333333333", "main", "not active")
        table.add("h2", "quantum-reconcile-engine", "1111111111 (inferred)", "dev", "")
        #expect(
            table.lines(fitting: 60) == [
                "HOST  SERVICE                   RUNS      BRANCH  REMARK",
                "h1    quantum-apply-layer       3333333~  main    not active",
                "h2    quantum-reconcile-engine  1111111~  dev     -",
            ])
        #expect(
            table.lines(fitting: 52) == [
                "no room for: BRANCH",
                "HOST  SERVICE                   RUNS      REMARK",
                "h1    quantum-apply-layer       3333333~  not active",
                "h2    quantum-reconcile-engine  1111111~  -",
            ])
        #expect(
            table.lines(fitting: 40)[2...] == [
                "h1    quant~-layer  3333333~  not active", "h2    quant~engine  1111111~  -",
            ])
    }

    /// A colour goes by what a cell says, also where only a part of it is shown.
    @Test func theWholeCellDecidesItsColour() {
        var table = TextTable("HOST", "VERDICT")
        table.add("h1", "revert_failed")
        let lines = table.lines(fitting: 14) { $0 == "revert_failed" ? "<\($1)>" : $1 }
        #expect(lines == ["HOST  VERDICT", "h1    <revert_~>"])
    }

    /// Names of rows stay whole, and seven digits of a commit, however narrow it is; then the terminal wraps.
    @Test func namesAndCommitsAreNeverCut() {
        var table = table()
        table.add("h3", "another", "a remark", "0123456789", "/srv/another/place")
        let lines = table.lines(fitting: 20)
        #expect(lines[1].hasPrefix("a-host-with-a-long-name  ") && lines[1].contains("  cbb55b9~  "))
        #expect(lines == table.lines(fitting: 63))
    }
}
