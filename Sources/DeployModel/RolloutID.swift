/// The id of an order and of its rollout: 128 random bits, made by `qtctl` before the first send, so that submitting twice
/// is a no-op.
package struct RolloutID: GrammarText {
    package static let noun = "rollout id"
    package static let grammar = "32 of 0-9 a-f"
    package let text: String
    package init(accepted: String) { text = accepted }
    package static func accepts(_ bytes: [UInt8]) -> Bool {
        bytes.count == 32 && bytes.allSatisfy(ByteClass.hexadecimal.contains)
    }

    /// A new id from the system's random source.
    package static func random() -> RolloutID {
        var generator = SystemRandomNumberGenerator()
        let halves = [generator.next() as UInt64, generator.next() as UInt64]
        return RolloutID(accepted: halves.map(\.hexadecimal).joined())
    }

    /// The first 8 digits, for people; commands take any unique prefix.
    package var short: String { String(text.prefix(8)) }
}

extension UInt64 {
    /// 16 digits, with leading zeros.
    var hexadecimal: String {
        let digits = String(self, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
