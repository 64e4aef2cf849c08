import DeployModel

/// One line of `--json`: an object with `type` and `schema` first and the other members in the order in which they are given.
package struct JSONLine: Sendable {
    /// A value.
    package indirect enum Value: Sendable {
        case text(String)
        case number(Int64)
        case flag(Bool)
        case list([Value])
        case object([(String, Value)])
        case null
    }

    /// The version of the lines' form.
    package static let schema: Int64 = 1
    private let members: [(String, Value)]

    /// A line of a type.
    package init(_ type: String, _ members: [(String, Value)]) {
        self.members = [("type", .text(type)), ("schema", .number(Self.schema))] + members
    }

    /// The line, without its line feed: RFC 8259, ASCII but for printable characters.
    package var text: String { Self.text(.object(members)) }

    private static func text(_ value: Value) -> String {
        switch value {
        case .text(let text): quoted(text)
        case .number(let number): String(number)
        case .flag(let flag): flag ? "true" : "false"
        case .list(let values): "[" + values.map(text).joined(separator: ",") + "]"
        case .object(let members): "{" + members.map { quoted($0.0) + ":" + text($0.1) }.joined(separator: ",") + "}"
        case .null: "null"
        }
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            case "\r": quoted += "\\r"
            default:
                // Besides what RFC 8259 demands, what could disturb a terminal that the line ends up on.
                if scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
                    || VisibleText(String(scalar)).description != String(scalar)
                {
                    let digits = String(scalar.value, radix: 16)
                    quoted += "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
                } else {
                    quoted.unicodeScalars.append(scalar)
                }
            }
        }
        return quoted + "\""
    }
}

extension JSONLine.Value {
    /// A text, or null for nil and the empty text.
    package static func optional(_ text: String?) -> JSONLine.Value {
        text.map { $0.isEmpty ? .null : .text($0) } ?? .null
    }
}
