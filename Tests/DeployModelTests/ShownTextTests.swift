import DeployModel
import Testing

/// What people see: texts from other machines, and lengths of time.
@Suite struct ShownTextTests {
    @Test(arguments: [
        ("plain äöü 漢字 😀", "plain äöü 漢字 😀"), ("\u{1B}[2Jx", "\\x1b[2Jx"), ("a\rb", "a\\rb"), ("a\r\nb", "a\\r\\nb"),
        ("a\tb", "a\\tb"), ("\u{0}", "\\x00"), ("\u{7F}", "\\x7f"), ("\u{9B}31m", "\\x9b31m"), ("\u{85}", "\\x85"),
        ("\u{202E}txt", "\\u{202e}txt"), ("\u{2066}\u{2069}", "\\u{2066}\\u{2069}"), ("\u{2028}", "\\u{2028}"),
        ("\u{200F}", "\\u{200f}"), ("\u{FEFF}", "\\u{feff}"), ("\u{061C}", "\\u{61c}"), ("a\u{200B}b", "a\\u{200b}b"),
        ("\u{E0041}", "\\u{e0041}"), ("", ""),
    ])
    func visible(text: String, shown: String) {
        #expect(VisibleText(text).description == shown)
    }

    @Test func bytesThatAreNotTextShowAsSuch() {
        #expect(VisibleText(bytes: [0x61, 0xFF, 0x1B]).description == "a\u{FFFD}\\x1b")
    }

    @Test func noScalarThatControlsATerminalPasses() {
        for value in Array(0x00...0x1F) + Array(0x7F...0x9F) + Array(0x2028...0x202E) {
            let text = Unicode.Scalar(UInt32(value)).map { String(Character($0)) } ?? ""
            #expect(VisibleText("a" + text).description.unicodeScalars.allSatisfy { (0x20...0x7E).contains($0.value) })
        }
    }

    @Test(arguments: [
        (0, "0 ms"), (-1, "0 ms"), (999, "999 ms"), (1_000, "1.0 s"), (4_299, "4.2 s"), (9_999, "9.9 s"),
        (10_000, "10 s"), (59_999, "59 s"), (60_000, "1 min"), (185_000, "3 min 5 s"), (3_600_000, "1 h"),
        (7_620_000, "2 h 7 min"), (86_400_000, "1 d"), (273_600_000, "3 d 4 h"),
    ])
    func durations(milliseconds: Int64, text: String) {
        #expect(HumanDuration(milliseconds: milliseconds).description == text)
    }

    @Test func durationsStayWithinWhatCanBeCounted() {
        #expect(HumanDuration(.milliseconds(1_234)).milliseconds == 1_234)
        #expect(HumanDuration(.seconds(Int64.max)).milliseconds == .max)
        #expect(HumanDuration(.seconds(-5)).milliseconds == 0)
        #expect(HumanDuration(.seconds(Int64.min)).milliseconds == 0)
    }
}
