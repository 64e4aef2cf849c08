/// The syntax of systemd's environment files, byte by byte.
struct EnvironmentParser {
    struct Refusal: Error {
        let line: Int
        let reason: String
    }

    private enum State {
        case beforeName, name, beforeValue, value, escape, single, double, doubleEscape, comment, commentEscape
    }

    private(set) var variables: [String: String] = [:]
    private var state = State.beforeName
    private var line = 1
    /// Where the assignment at hand began; a quoted value may go on over lines.
    private var firstLine = 1
    private var name: [UInt8] = []
    private var value: [UInt8] = []
    /// How much of `value` stays when blanks at its end are dropped.
    private var kept = 0

    mutating func take(_ byte: UInt8) throws(Refusal) {
        defer { if byte == UInt8(ascii: "\n") { line += 1 } }
        guard byte != 0 else { throw Refusal(line: line, reason: "a zero byte") }
        switch state {
        case .beforeName, .name: try takeName(byte)
        case .beforeValue, .value: try takeValue(byte)
        case .escape:
            state = .value
            if byte != UInt8(ascii: "\n") { keep(byte) }
        case .single:
            if byte == UInt8(ascii: "'") { state = .beforeValue } else { keep(byte) }
        case .double:
            switch byte {
            case UInt8(ascii: "\""): state = .beforeValue
            case UInt8(ascii: "\\"): state = .doubleEscape
            default: keep(byte)
            }
        case .doubleEscape:
            state = .double
            if byte == UInt8(ascii: "\n") { return }
            if !"\"\\`$".utf8.contains(byte) { keep(UInt8(ascii: "\\")) }
            keep(byte)
        case .comment:
            if byte == UInt8(ascii: "\n") { state = .beforeName }
            if byte == UInt8(ascii: "\\") { state = .commentEscape }
        case .commentEscape:
            // systemd 253 and older take the next line for a part of the comment, newer ones don't.
            if byte == UInt8(ascii: "\n") { throw Refusal(line: line, reason: "a comment ends with a backslash") }
            state = .comment
        }
    }

    mutating func finish() throws(Refusal) {
        switch state {
        case .beforeName, .comment, .commentEscape: return
        case .name: throw Refusal(line: firstLine, reason: "no = after the name")
        case .single, .double, .doubleEscape: throw Refusal(line: firstLine, reason: "a quote is not closed")
        case .beforeValue, .value, .escape: try assign()
        }
    }

    private mutating func takeName(_ byte: UInt8) throws(Refusal) {
        if state == .beforeName {
            if Self.isBlank(byte) { return }
            if byte == UInt8(ascii: "#") || byte == UInt8(ascii: ";") {
                state = .comment
                return
            }
            state = .name
            firstLine = line
            (name, value, kept) = ([], [], 0)
        }
        switch byte {
        case UInt8(ascii: "\n"): throw Refusal(line: line, reason: "no = after the name")
        case UInt8(ascii: "="): state = .beforeValue
        default: name.append(byte)
        }
    }

    private mutating func takeValue(_ byte: UInt8) throws(Refusal) {
        switch (state, byte) {
        case (_, UInt8(ascii: "\n")):
            try assign()
            state = .beforeName
        case (_, UInt8(ascii: "\\")): state = .escape
        case (.beforeValue, UInt8(ascii: "'")): state = .single
        case (.beforeValue, UInt8(ascii: "\"")): state = .double
        case (.beforeValue, _) where Self.isBlank(byte): return
        default:
            state = .value
            value.append(byte)
            if !Self.isBlank(byte) { kept = value.count }
        }
    }

    private mutating func keep(_ byte: UInt8) {
        value.append(byte)
        kept = value.count
    }

    private mutating func assign() throws(Refusal) {
        while let last = name.last, Self.isBlank(last) { name.removeLast() }
        guard let first = name.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first),
            name.allSatisfy(Self.isNameByte)
        else { throw Refusal(line: firstLine, reason: "the name may have letters, digits and _ only") }
        guard let text = String(validating: value.prefix(kept), as: UTF8.self) else {
            throw Refusal(line: firstLine, reason: "the value is not UTF-8")
        }
        variables[String(decoding: name, as: UTF8.self)] = text
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
