/// Text from another machine, made safe for a terminal and a log: whatever could move the cursor, hide or reorder text is
/// shown as an escape. Every text that was not written by this program is printed through this type.
///
/// Escaped are C0 and C1 controls, DEL, Unicode's property Bidi_Control (U+061C, U+200E-200F, U+202A-202E, U+2066-2069), the
/// line and paragraph separators, and what has no width (U+200B-200D, U+2060, U+FEFF, the tags U+E0000-E007F): the set that
/// CVE-2021-25743 and CVE-2021-42574 show to matter, and what could hide a difference between two names.
package struct VisibleText: CustomStringConvertible, Sendable {
    private let text: String

    /// Takes any text.
    package init(_ text: some StringProtocol) { self.text = String(text) }

    /// Takes bytes that should be UTF-8; what is not shows as U+FFFD.
    package init(bytes: some Collection<UInt8>) { text = String(decoding: bytes, as: UTF8.self) }

    package var description: String {
        var shown = ""
        for scalar in text.unicodeScalars {
            if Self.isHidden(scalar) {
                shown += Self.escape(scalar)
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }

    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00...0x1F, 0x7F...0x9F, 0x061C, 0x200B...0x200F, 0x2028...0x202E, 0x2060, 0x2066...0x2069, 0xFEFF,
            0xE0000...0xE007F:
            true
        default: false
        }
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\n": "\\n"
        case "\t": "\\t"
        case "\r": "\\r"
        default:
            scalar.value < 0x100
                ? "\\x" + padded(String(scalar.value, radix: 16), to: 2)
                : "\\u{" + String(scalar.value, radix: 16) + "}"
        }
    }

    private static func padded(_ digits: String, to width: Int) -> String {
        String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
