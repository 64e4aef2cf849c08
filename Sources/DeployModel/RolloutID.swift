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

/// Deployments by hand: nobody submitted them, and streams, leases and people have them under a name that says so.
extension RolloutID {
    /// What stands before the id.
    package static let breakGlassPrefix = "bg-"

    /// The whole name: `bg-` and the id.
    package var breakGlassName: String { Self.breakGlassPrefix + text }

    /// The name for people.
    package var breakGlassShort: String { Self.breakGlassPrefix + short }

    /// The id in the whole name of a deployment by hand; nil for anything else.
    package init?(breakGlass name: String) {
        guard name.hasPrefix(Self.breakGlassPrefix),
            let id = try? RolloutID(name.dropFirst(Self.breakGlassPrefix.count))
        else { return nil }
        self = id
    }
}

extension UInt64 {
    /// 16 digits, with leading zeros.
    var hexadecimal: String {
        let digits = String(self, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
