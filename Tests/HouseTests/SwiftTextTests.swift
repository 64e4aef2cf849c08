import Testing

@Suite("Reading Swift")
struct SwiftTextTests {
    @Test(
        "code, comments and strings are told apart",
        arguments: [
            (#"a "b" c"#, "ac", #""b""#),
            (#"a "b \(c("d")) e" f"#, "ac()f", #""b\("d")e""#),
            (##"a #"b " \(c)"# d"##, "a##d", ##""b"\(c)""##),
            (#"a "b\"c" d"#, "ad", #""b\"c""#),
            ("a /* b /* c */ d */ e // f \"", "ae", ""),
            ("a \"\"\"\n b \" c\n \"\"\" d", "ad", "\"\"\"b\"c\"\"\""),
            ("a \"unfinished\nb", "ab", "\"unfinished"),
            ("a /* unfinished", "a", ""),
            ("a \"\\(b", "ab", "\"\\("),
            ("", "", ""),
        ])
    func kinds(text: String, code: String, strings: String) {
        let swift = SwiftText(text)
        #expect(squeezed(swift.code) == code)
        #expect(squeezed(swift.strings) == strings)
    }

    private func squeezed(_ lines: [String]) -> String { lines.joined().filter { !$0.isWhitespace } }

    @Test("tokens know their line and what stands before them")
    func tokens() {
        let tokens = SwiftText("try! a\n  b.c1").tokens
        #expect(tokens.map(\.text) == ["try", "!", "a", "b", ".", "c1"])
        #expect(tokens.map(\.line) == [1, 1, 1, 2, 2, 2])
        #expect(tokens.map(\.spaced) == [true, false, true, true, false, false])
    }

    @Test("every function is found with its first and last line")
    func functions() {
        let text = """
            struct A {
                init(b: () -> Void = { }) { self.init(c: 1) }
                func d<E>() throws(F) -> [E]
                where E: G {
                    func h() {}
                }
                deinit {
                }
            }
            """
        let spans = FunctionSpan.all(in: SwiftText(text).tokens)
        #expect(spans.map(\.name) == ["init", "d", "h", "deinit"])
        #expect(spans.map(\.first) == [2, 3, 5, 7])
        #expect(spans.map(\.last) == [2, 6, 5, 8])
    }
}
