/// Words of a person inside an ASCII text: some bytes stand as they are, `%` and every other byte as `%XX`, in capitals.
package struct PercentText: Sendable {
    private let plain: ClosedRange<UInt8>

    /// Printable ASCII stands as it is: for a value that ends with its line.
    package static let line = PercentText(plain: 0x20...0x7E)
    /// As ``line``, without the blank: for a value among others in a line.
    package static let word = PercentText(plain: 0x21...0x7E)

    /// Puts the encoded form of some bytes behind a text. A journal keeps an order of up to 512 KiB in this form, so the bytes
    /// that stand as they are go over in runs.
    package func append(_ bytes: [UInt8], to text: inout [UInt8]) {
        var run = 0
        for (index, byte) in bytes.enumerated() where !plain.contains(byte) || byte == Self.escape {
            text += bytes[run..<index]
            text.append(Self.escape)
            text.append(Self.digits[Int(byte >> 4)])
            text.append(Self.digits[Int(byte & 15)])
            run = index + 1
        }
        text += bytes[run...]
    }

    /// The encoded text.
    package func encode(_ text: String) -> String {
        var encoded: [UInt8] = []
        encoded.reserveCapacity(text.utf8.count)
        append(Array(text.utf8), to: &encoded)
        return String(decoding: encoded, as: UTF8.self)
    }

    /// The words, or nil when the escapes are broken or the bytes are not UTF-8.
    package static func decode(_ text: ArraySlice<UInt8>) -> String? {
        decodedBytes(text).flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// The bytes, whatever they are; nil when the escapes are broken.
    package static func decodedBytes(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var next = text.startIndex
        while let escaped = text[next...].firstIndex(of: escape) {
            guard escaped + 2 < text.endIndex, let high = value(text[escaped + 1]), let low = value(text[escaped + 2])
            else {
                return nil
            }
            bytes += text[next..<escaped]
            bytes.append(high << 4 | low)
            next = escaped + 3
        }
        bytes += text[next...]
        return bytes
    }

    private static let escape = UInt8(ascii: "%")
    private static let digits = Array("0123456789ABCDEF".utf8)

    /// The value of a hexadecimal digit of either case.
    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
