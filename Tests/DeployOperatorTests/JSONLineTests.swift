import Foundation
import Testing

@testable import DeployOperator

@Suite struct JSONLineTests {
    @Test func aLineIsOneObjectWithTypeAndSchemaFirst() {
        let line = JSONLine(
            "plan", [("a", .number(1)), ("b", .list([.flag(true), .null])), ("c", .object([("d", .text("e"))]))])
        #expect(line.text == #"{"type":"plan","schema":1,"a":1,"b":[true,null],"c":{"d":"e"}}"#)
        #expect(JSONLine("x", [("a", .optional("")), ("b", .optional(nil))]).text.hasSuffix(#""a":null,"b":null}"#))
    }

    @Test(arguments: [
        "\"\\\n\r\t\u{0}\u{1b}[2J\u{7f}\u{9b}", "\u{202e}evil\u{2066}", "\u{2028}\u{feff}", "ä 漢 🚀", "</script>",
    ]) func hostileTextReadsBack(text: String) throws {
        let line = JSONLine("x", [("t", .text(text))]).text
        #expect(!line.contains("\n"))
        #expect(!line.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) })
        let read = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(read["t"] as? String == text)
    }
}
