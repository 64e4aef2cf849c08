/// A text that is only valid when its bytes follow a strict ASCII grammar.
///
/// Names reach argv, keys and files, so they are judged as bytes, once, at the edge; a value of a conforming type needs no
/// further check. All grammars are ASCII: for those, Swift's `==` on strings and equality of bytes are the same thing.
package protocol GrammarText: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// What the text is, as a person would call it ("host name").
    static var noun: String { get }
    /// The grammar in words, for the error's remedy.
    static var grammar: String { get }
    /// Whether these bytes follow the grammar.
    static func accepts(_ bytes: [UInt8]) -> Bool
    /// The accepted text.
    var text: String { get }
    /// Wraps a text that was accepted; use ``init(_:)`` for anything that was not.
    init(accepted: String)
}

extension GrammarText {
    /// Takes a text that may come from anywhere.
    ///
    /// - Throws: ``InvalidText`` that shows the text and the grammar.
    package init(_ text: some StringProtocol) throws(InvalidText) {
        try self.init(utf8: Array(text.utf8))
    }

    /// As ``init(_:)``, of bytes. Those that are not UTF-8 follow no grammar.
    package init(utf8 bytes: [UInt8]) throws(InvalidText) {
        let text = String(decoding: bytes, as: UTF8.self)
        guard Self.accepts(bytes) else {
            throw InvalidText(noun: Self.noun, text: text, grammar: Self.grammar)
        }
        self.init(accepted: text)
    }

    package var description: String { text }

    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}

/// A text that broke its grammar.
package struct InvalidText: Error, Equatable, CustomStringConvertible {
    /// What the text should have been.
    package let noun: String
    /// The text as it came.
    package let text: String
    /// The grammar in words.
    package let grammar: String

    /// An error about `text`, which should have been a `noun`.
    package init(noun: String, text: String, grammar: String) {
        self.noun = noun
        self.text = text
        self.grammar = grammar
    }

    package var description: String {
        "\"\(VisibleText(text.prefix(200)))\" is not a \(noun): it must be \(grammar)"
    }
}

extension [UInt8] {
    /// Whether the length is within `lengths`, the first byte is in `first` and every other byte in `rest`.
    func matches(_ lengths: ClosedRange<Int>, first: ByteClass, rest: ByteClass) -> Bool {
        guard lengths.contains(count), let head = self.first, first.contains(head) else { return false }
        return dropFirst().allSatisfy(rest.contains)
    }
}

/// A set of ASCII bytes.
struct ByteClass: Sendable {
    /// One bit for each byte below 128, in two words: names are checked by the thousand.
    private let low: UInt64
    private let high: UInt64

    init(_ characters: String) {
        var bits = (low: UInt64(0), high: UInt64(0))
        for byte in characters.utf8 {
            precondition(byte < 128, "a class of ASCII bytes")
            if byte < 64 { bits.low |= 1 << byte } else { bits.high |= 1 << (byte - 64) }
        }
        (low, high) = bits
    }

    func contains(_ byte: UInt8) -> Bool {
        byte < 64 ? low >> byte & 1 == 1 : byte < 128 && high >> (byte - 64) & 1 == 1
    }

    static let lower = "abcdefghijklmnopqrstuvwxyz"
    static let upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    static let digits = "0123456789"
    static let hexadecimal = ByteClass(digits + "abcdef")
    static let lowerAlphanumeric = ByteClass(lower + digits)
    static let alphanumeric = ByteClass(lower + upper + digits)
}
