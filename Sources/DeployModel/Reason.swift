/// Why an operator acts, in his words: one line of UTF-8, at most 500 bytes, may be empty.
package struct Reason: Hashable, Sendable, CustomStringConvertible {
    /// The words as typed.
    package let text: String

    /// No reason given.
    package static let none = Reason(accepted: "")

    private init(accepted text: String) { self.text = text }

    /// Takes the operator's words.
    ///
    /// - Throws: ``InvalidText`` when they are longer than 500 bytes or hold a control character.
    package init(_ text: some StringProtocol) throws(InvalidText) {
        let isPrintable = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }
        guard text.utf8.count <= 500, isPrintable else {
            throw InvalidText(
                noun: "reason", text: String(text), grammar: "one line of at most 500 bytes without control characters")
        }
        self.init(accepted: String(text))
    }

    package var description: String { text }
}
