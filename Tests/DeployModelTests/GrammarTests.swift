import DeployModel
import Testing

/// Names reach argv, keys and files: what is taken and what is refused, at the edges.
@Suite struct GrammarTests {
    private func takes<Name: GrammarText>(_: Name.Type, _ good: [String], _ bad: [String]) {
        for text in good {
            let name = try? Name(text)
            #expect(name?.text == text, "\(Name.noun) takes \(text)")
        }
        for text in bad + Self.neverGood {
            #expect(throws: InvalidText.self, "\(Name.noun) refuses \(VisibleText(text))") { try Name(text) }
        }
    }

    /// No grammar takes any of these.
    private static let neverGood = [
        "", " ", "-h", "--", "a b", " a", "a ", "a\n", "a\r", "a\u{0}", "\u{0}", "a\tb", "é", "a\u{301}", "\u{212A}",
        "а", "a\u{200B}", "\u{FEFF}a", "a;b", "$a", "`a`", "a*", "a?", "[a]", "{a}", "a\\b", "a'", "a\"", "..", ".",
        "../a", "a\u{7F}", "１", "\u{1B}[31m",
    ]

    @Test func fleets() {
        takes(
            FleetName.self, ["a", "0", "a-", "prod-2", String(repeating: "a", count: 32)],
            ["A", "-a", "a.b", "a_b", "a/b", "a:b", String(repeating: "a", count: 33)])
    }

    @Test func hosts() {
        takes(
            HostName.self, ["h", "h1", "7", "h--1", String(repeating: "h", count: 63)],
            ["H1", "-h1", "h.example", "h_1", "h/1", "h+1", String(repeating: "h", count: 64)])
    }

    @Test func services() throws {
        takes(
            ServiceName.self,
            [
                "a", "quantum-apply", "a@b", "a:b", "A_b.c", "a.service.d", "service",
                String(repeating: "s", count: 128),
            ],
            ["a.service", "x.service.service", "a/b", "a+b", "@a", ".a", "_a", String(repeating: "s", count: 129)])
        #expect(try ServiceName("a@1").unit == "a@1.service")
    }

    @Test func sourcesAndRemotes() {
        takes(
            SourceName.self, ["a", "A.b_c-d", "a..b", "a.lock", String(repeating: "s", count: 64)],
            ["-a", ".a", "_a", "a/b", "a:b", String(repeating: "s", count: 65)])
        takes(
            RemoteName.self, ["origin", "a.b", String(repeating: "r", count: 64)],
            ["a..b", "a.lock", ".a", "-a", "a/b", String(repeating: "r", count: 65)])
    }

    @Test func branches() {
        takes(
            BranchName.self,
            ["main", "release/2.0", "a/b/c", "a.locked", "a-", "lock", "A_b", String(repeating: "b", count: 200)],
            [
                "/a", "a/", "a//b", "a..b", ".a", "a/.b", "a.", "a./b", "a.lock", "a.lock/b", "a/b.lock", "a@{0}",
                "a~1",
                "a^", "a:b", "-a", String(repeating: "b", count: 201),
            ])
    }

    @Test func commitsAndIDs() {
        let digits = String(repeating: "0123456789abcdef", count: 4)
        takes(
            CommitID.self, [String(digits.prefix(40)), digits],
            [
                String(digits.prefix(39)), String(digits.prefix(41)), String(digits.dropLast()), digits + "0", "HEAD",
                String(digits.prefix(40)).uppercased(), "g" + digits.prefix(39),
            ])
        takes(
            RolloutID.self, [String(digits.prefix(32))],
            [String(digits.prefix(31)), String(digits.prefix(33)), String(digits.prefix(32)).uppercased()])
        #expect((0..<100).allSatisfy { _ in RolloutID.accepts(Array(RolloutID.random().text.utf8)) })
        #expect(Set((0..<100).map { _ in RolloutID.random() }).count == 100)
    }

    @Test func paths() {
        takes(
            CanonicalPath.self,
            ["/", "/a", "/a/.b", "/a/..b", "/a/b...", "/a=b,c+d%~", "/" + String(repeating: "p", count: 1023)],
            [
                "a", "~", "/a/", "//", "//a", "/a//b", "/.", "/..", "/a/./b", "/a/../b", "/a/..", "/a b", "/ä", "/a\n",
                "/" + String(repeating: "p", count: 1024),
            ])
    }

    @Test func operators() {
        takes(
            OperatorName.self, ["ada", "ada@desk-1", "a+b", "A.b_c", String(repeating: "o", count: 128)],
            ["@a", "+a", "-a", "a/b", "a:b", String(repeating: "o", count: 129)])
    }

    @Test func reasons() throws {
        for text in ["", "warum: höher — 50 %", "e\u{301}", String(repeating: "r", count: 500), "\u{1F600}"] {
            #expect(try Reason(text).text.unicodeScalars.elementsEqual(text.unicodeScalars))
        }
        for text in ["a\nb", "a\r\nb", "\u{0}", "\u{1B}[2J", "\u{7F}", "\u{85}", "\u{9B}2J", "\t"] {
            #expect(throws: InvalidText.self) { try Reason(text) }
        }
        #expect(throws: InvalidText.self) { try Reason(String(repeating: "ä", count: 251)) }
    }

    @Test func theErrorShowsTheTextSafelyAndTheGrammar() {
        let error = #expect(throws: InvalidText.self) {
            try HostName("h\u{1B}[2J" + String(repeating: "x", count: 999))
        }
        let shown = error?.description ?? ""
        #expect(shown.hasPrefix("\"h\\x1b[2Jxxx") && shown.hasSuffix(HostName.grammar))
        #expect(shown.utf8.count < 400)
    }

    @Test func numbers() {
        for (text, number) in [("0", 0), ("7", 7), ("10", 10), ("9007199254740991", DecimalNumber.maximum)] {
            #expect(DecimalNumber.parse(text) == Int64(number))
        }
        for text in [
            "", "00", "01", "-1", "+1", " 1", "1 ", "1.0", "1e3", "0x1", "9007199254740992", "99999999999999999", "١",
        ] {
            #expect(DecimalNumber.parse(text) == nil, "\(text)")
        }
    }
}
