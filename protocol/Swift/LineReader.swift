import DeployModel

/// Reads the `key=value` lines of a text, one by one, in the order that the caller asks for them. Values are places in the text, not
/// slices of it: every agent reads orders of a thousand lines, and a slice is counted each time it is touched.
struct LineReader {
    /// Where in the text something stands.
    typealias Place = Range<Int>

    private let name: String
    private let bytes: [UInt8]
    /// Where the next line begins.
    private var place = 0
    /// The number of lines that were read.
    private var count = 0

    private static let lineFeed = UInt8(ascii: "\n")

    init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }

    func problem(_ text: String) -> MalformedText { MalformedText(what: name, line: count, problem: text) }

    mutating func expectName() throws(MalformedText) {
        guard bytes.last == Self.lineFeed else {
            let lines = 1 + bytes.count { $0 == Self.lineFeed }
            throw MalformedText(what: name, line: lines, problem: "no line feed at its end")
        }
        let end = end(of: bytes.indices, at: Self.lineFeed)
        guard bytes[..<end].elementsEqual(name.utf8) else {
            throw MalformedText(what: name, line: 1, problem: "the first line is not \(name)")
        }
        move(behind: end)
    }

    func expectEnd() throws(MalformedText) {
        guard place == bytes.count else {
            throw MalformedText(what: name, line: count + 1, problem: "more text after the last field")
        }
    }

    /// What stands behind `<key>=`, and the next line is the one after; nil when another key stands there.
    mutating func valueIfNext(_ key: String) -> Place? {
        let end = end(of: place..<bytes.count, at: Self.lineFeed)
        let equals = place + key.utf8.count
        guard equals < end, bytes[equals] == UInt8(ascii: "="), bytes[place..<equals].elementsEqual(key.utf8) else {
            return nil
        }
        move(behind: end)
        return (equals + 1)..<end
    }

    private mutating func move(behind end: Int) {
        place = end + 1
        count += 1
    }

    /// Where the first of these bytes stands; the end of the place where there is none.
    func end(of place: Place, at byte: UInt8) -> Int {
        var next = place.lowerBound
        while next < place.upperBound, bytes[next] != byte { next += 1 }
        return next
    }

    /// What stands between these bytes, empty pieces too.
    func pieces(_ place: Place, between byte: UInt8) -> [Place] {
        var pieces: [Place] = []
        var begin = place.lowerBound
        while true {
            let end = end(of: begin..<place.upperBound, at: byte)
            pieces.append(begin..<end)
            guard end < place.upperBound else { return pieces }
            begin = end + 1
        }
    }

    /// Whether the same bytes stand in both places.
    func isSame(_ one: Place, _ other: Place) -> Bool {
        guard one.count == other.count else { return false }
        for offset in 0..<one.count where bytes[one.lowerBound + offset] != bytes[other.lowerBound + offset] {
            return false
        }
        return true
    }

    func parse<Name: GrammarText>(_ place: Place) throws(MalformedText) -> Name {
        do throws(InvalidText) { return try Name(utf8: Array(bytes[place])) } catch { throw problem(error.description) }
    }

    private mutating func value(_ key: String) throws(MalformedText) -> ArraySlice<UInt8> {
        guard let value = valueIfNext(key) else {
            throw MalformedText(what: name, line: count + 1, problem: "\(key)= expected")
        }
        return bytes[value]
    }

    /// As of ``value(_:)``. Bytes that are not UTF-8 become U+FFFD here, and then differ when the text is encoded again.
    private mutating func text(_ key: String) throws(MalformedText) -> String {
        String(decoding: try value(key), as: UTF8.self)
    }

    mutating func name<Name: GrammarText>(_ key: String) throws(MalformedText) -> Name {
        // In two steps: an argument that moves on is evaluated after `self` was taken, and the error would name the line before.
        let value = try value(key)
        return try parse(value.indices)
    }

    mutating func choice<Choice: RawRepresentable & CaseIterable>(_ key: String) throws(MalformedText) -> Choice
    where Choice.RawValue == String {
        let text = try text(key)
        guard let choice = Choice(rawValue: text) else {
            let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw problem("\(key) is \"\(VisibleText(text.prefix(200)))\", known are \(known)")
        }
        return choice
    }

    mutating func number(_ key: String) throws(MalformedText) -> Int64 {
        guard let number = DecimalNumber.parse(try value(key)) else { throw problem("\(key) is not a number") }
        return number
    }

    mutating func moment(_ key: String) throws(MalformedText) -> Timestamp { Timestamp(milliseconds: try number(key)) }

    mutating func waves(_ key: String) throws(MalformedText) -> WaveSizes {
        let text = try text(key)
        do throws(InvalidText) { return try WaveSizes(text) } catch { throw problem(error.description) }
    }

    mutating func reason(_ key: String) throws(MalformedText) -> Reason {
        guard let text = PercentText.decode(try value(key)) else {
            throw problem("\(key) is not percent-encoded UTF-8")
        }
        do throws(InvalidText) { return try Reason(text) } catch { throw problem(error.description) }
    }
}
