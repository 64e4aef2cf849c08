package import DeployModel

/// `qtorder1`: the text of an order, fixed-grammar ASCII, stored and signed as these bytes.
///
/// First line `qtorder1`, then `key=value` lines in one fixed order, every line ended by a line feed. What decodes is encoded
/// again and must give the same bytes, so that one order has one text.
package enum OrderText {
    /// The first line.
    static let name = "qtorder1"

    /// The text of `order`.
    package static func encode(_ order: Order) -> [UInt8] {
        var text = Array("\(name)\n".utf8)
        for (key, value) in head(order) { text += "\(key)=\(value)\n".utf8 }
        for line in order.lines { append(line, to: &text) }
        for (key, value) in tail(order) { text += "\(key)=\(value)\n".utf8 }
        return text
    }

    private static func head(_ order: Order) -> KeyValuePairs<String, String> {
        [
            "fleet": order.fleet.text, "id": "\(order.id)", "operator": order.operatorName.text,
            "op": order.operation.rawValue, "source": order.source.text, "branch": order.branch.text,
            "commit": order.commit.text, "direction": order.direction.rawValue,
        ]
    }

    private static func tail(_ order: Order) -> KeyValuePairs<String, String> {
        [
            "waves": "\(order.waves)", "soak_s": "\(order.soakSeconds)", "pause_after": order.pauseAfter.rawValue,
            "max_failures": "\(order.maxFailures)", "on_failure": order.onFailure.rawValue,
            "failed_host": order.failedHost.rawValue, "begin_before": "\(order.beginBefore.milliseconds)",
            "until": "\(order.until.milliseconds)", "created": "\(order.created.milliseconds)",
            "reason": PercentText.line.encode(order.reason.text),
        ]
    }

    private static func append(_ line: Order.Line, to text: inout [UInt8]) {
        text += "at=".utf8
        text += line.host.text.utf8
        text.append(blank)
        text += line.path.text.utf8
        text.append(blank)
        text += line.expectedHead.text.utf8
        text.append(blank)
        for (index, service) in line.services.enumerated() {
            if index > 0 { text.append(UInt8(ascii: "+")) }
            text += service.text.utf8
        }
        text.append(UInt8(ascii: "\n"))
    }

    /// The order that these bytes are the text of.
    ///
    /// - Throws: ``MalformedText``, which names the line.
    package static func decode(_ bytes: [UInt8]) throws(MalformedText) -> Order {
        guard bytes.count <= Order.maximumBytes else {
            throw MalformedText(what: name, line: 0, problem: "longer than \(Order.maximumBytes) bytes")
        }
        var reader = LineReader(name: name, bytes: bytes)
        try reader.expectName()
        let order = try decodeFields(&reader)
        try reader.expectEnd()
        if let flaw = order.flaw { throw MalformedText(what: name, line: 0, problem: flaw) }
        let canonical = encode(order)
        guard canonical == bytes else {
            let same = zip(canonical, bytes).prefix { $0 == $1 }
            let line = 1 + same.count { $0.0 == UInt8(ascii: "\n") }
            throw MalformedText(what: name, line: line, problem: "not the canonical text of what it says")
        }
        return order
    }

    private static func decodeFields(_ reader: inout LineReader) throws(MalformedText) -> Order {
        Order(
            fleet: try reader.name("fleet"), id: try reader.name("id"), operatorName: try reader.name("operator"),
            operation: try reader.choice("op"), source: try reader.name("source"), branch: try reader.name("branch"),
            commit: try reader.name("commit"), direction: try reader.choice("direction"), lines: try hostLines(&reader),
            waves: try reader.waves("waves"), soakSeconds: try reader.number("soak_s"),
            pauseAfter: try reader.choice("pause_after"), maxFailures: try reader.number("max_failures"),
            onFailure: try reader.choice("on_failure"), failedHost: try reader.choice("failed_host"),
            beginBefore: try reader.moment("begin_before"), until: try reader.moment("until"),
            created: try reader.moment("created"), reason: try reader.reason("reason"))
    }

    /// The lines of hosts. Behind the host's name most are like the line before, and then share its values: an order of a thousand hosts
    /// should not cost each of them the work for a thousand.
    private static func hostLines(_ reader: inout LineReader) throws(MalformedText) -> [Order.Line] {
        var lines: [Order.Line] = []
        var before: LineReader.Place?
        while let value = reader.valueIfNext("at") {
            let nameEnd = reader.end(of: value, at: blank)
            let rest = nameEnd..<value.upperBound
            if let before, var line = lines.last, reader.isSame(before, rest) {
                line.host = try reader.parse(value.lowerBound..<nameEnd)
                lines.append(line)
            } else {
                lines.append(try hostLine(value, reader))
            }
            before = rest
        }
        return lines
    }

    private static func hostLine(_ value: LineReader.Place, _ reader: LineReader) throws(MalformedText) -> Order.Line {
        let parts = reader.pieces(value, between: blank)
        guard parts.count == 4 else { throw reader.problem("at has \(parts.count) parts, not 4") }
        var services: [ServiceName] = []
        for part in reader.pieces(parts[3], between: UInt8(ascii: "+")) { services.append(try reader.parse(part)) }
        return Order.Line(
            host: try reader.parse(parts[0]), path: try reader.parse(parts[1]),
            expectedHead: try reader.parse(parts[2]),
            services: services)
    }

    private static let blank = UInt8(ascii: " ")
}

/// A text of the contract that does not follow its grammar.
package struct MalformedText: Error, Equatable, CustomStringConvertible {
    /// The text's name: `qtorder1`.
    package let what: String
    /// The line, from 1; 0 for the text as a whole.
    package let line: Int
    /// What is wrong.
    package let problem: String

    package var description: String { line == 0 ? "\(what): \(problem)" : "\(what), line \(line): \(problem)" }
}
