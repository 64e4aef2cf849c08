/// Words of a person inside an ASCII text: some bytes stand as they are, `%` and every other byte as `%XX`, in capitals.
package struct PercentText: Sendable {
    private let plain: ClosedRange<UInt8>

    /// Printable ASCII stands as it is: for a value that ends with its line.
    package static let line = PercentText(plain: 0x20...0x7E)
    /// As ``line``, without the blank: for a value among others in a line.
    package static let word = PercentText(plain: 0x21...0x7E)

    /// The encoded text.
    package func encode(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            if plain.contains(byte), byte != UInt8(ascii: "%") {
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                encoded += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return encoded
    }

    /// The words, or nil when the escapes are broken or the bytes are not UTF-8.
    package static func decode(_ text: some StringProtocol) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard rest.count >= 2, let value = UInt8(digits, radix: 16) else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
