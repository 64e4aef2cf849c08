import DeployModel

/// Reads the `key=value` lines of a text, one by one, in the order that the caller asks for them.
struct LineReader {
    private let name: String
    private let lines: [ArraySlice<UInt8>]
    private let isTerminated: Bool
    private var next = 0

    init(name: String, bytes: [UInt8]) {
        self.name = name
        isTerminated = bytes.last == UInt8(ascii: "\n")
        lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    }

    func problem(_ text: String) -> MalformedText { MalformedText(what: name, line: next, problem: text) }

    mutating func expectName() throws(MalformedText) {
        guard isTerminated else {
            throw MalformedText(what: name, line: lines.count, problem: "no line feed at its end")
        }
        guard lines[0].elementsEqual(name.utf8) else {
            throw MalformedText(what: name, line: 1, problem: "the first line is not \(name)")
        }
        next = 1
    }

    func expectEnd() throws(MalformedText) {
        // The text ends with a line feed, so the split leaves one empty piece behind it.
        guard next == lines.count - 1 else {
            throw MalformedText(what: name, line: next + 1, problem: "more text after the last field")
        }
    }

    /// The bytes behind `<key>=`, and the next line is the one after; nil when another key stands there.
    mutating func valueIfNext(_ key: String) -> ArraySlice<UInt8>? {
        guard next < lines.count, lines[next].starts(with: key.utf8) else { return nil }
        let rest = lines[next].dropFirst(key.utf8.count)
        guard rest.first == UInt8(ascii: "=") else { return nil }
        next += 1
        return rest.dropFirst()
    }

    private mutating func value(_ key: String) throws(MalformedText) -> String {
        guard let value = valueIfNext(key) else {
            throw MalformedText(what: name, line: next + 1, problem: "\(key)= expected")
        }
        // Bytes that are not UTF-8 become U+FFFD here, and then differ when the text is encoded again.
        return String(decoding: value, as: UTF8.self)
    }

    func parse<Name: GrammarText>(_ bytes: some Sequence<UInt8>) throws(MalformedText) -> Name {
        do throws(InvalidText) { return try Name(utf8: Array(bytes)) } catch { throw problem(error.description) }
    }

    mutating func name<Name: GrammarText>(_ key: String) throws(MalformedText) -> Name {
        // In two steps: an argument that moves on is evaluated after `self` was taken, and the error would name the line before.
        let text = try value(key)
        return try parse(text.utf8)
    }

    mutating func choice<Choice: RawRepresentable & CaseIterable>(_ key: String) throws(MalformedText) -> Choice
    where Choice.RawValue == String {
        let text = try value(key)
        guard let choice = Choice(rawValue: text) else {
            let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw problem("\(key) is \"\(VisibleText(text.prefix(200)))\", known are \(known)")
        }
        return choice
    }

    mutating func number(_ key: String) throws(MalformedText) -> Int64 {
        let text = try value(key)
        guard let number = DecimalNumber.parse(text) else { throw problem("\(key) is not a number") }
        return number
    }

    mutating func moment(_ key: String) throws(MalformedText) -> Timestamp { Timestamp(milliseconds: try number(key)) }

    mutating func waves(_ key: String) throws(MalformedText) -> WaveSizes {
        let text = try value(key)
        do throws(InvalidText) { return try WaveSizes(text) } catch { throw problem(error.description) }
    }

    mutating func reason(_ key: String) throws(MalformedText) -> Reason {
        guard let text = PercentText.decode(try value(key)) else {
            throw problem("\(key) is not percent-encoded UTF-8")
        }
        do throws(InvalidText) { return try Reason(text) } catch { throw problem(error.description) }
    }
}
