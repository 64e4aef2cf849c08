/// Words of a person inside an ASCII text: some bytes stand as they are, `%` and every other byte as `%XX`, in capitals.
package struct PercentText: Sendable {
    private let plain: ClosedRange<UInt8>

    /// Printable ASCII stands as it is: for a value that ends with its line.
    package static let line = PercentText(plain: 0x20...0x7E)
    /// As ``line``, without the blank: for a value among others in a line.
    package static let word = PercentText(plain: 0x21...0x7E)

    /// The encoded text.
    package func encode(_ text: String) -> String {
        var encoded: [UInt8] = []
        encoded.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            if plain.contains(byte), byte != Self.escape {
                encoded.append(byte)
            } else {
                encoded += [Self.escape, Self.digits[Int(byte >> 4)], Self.digits[Int(byte & 15)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// The words, or nil when the escapes are broken or the bytes are not UTF-8.
    package static func decode(_ text: some StringProtocol) -> String? {
        let encoded = Array(text.utf8)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(encoded.count)
        var next = 0
        while next < encoded.count {
            guard encoded[next] == escape else {
                bytes.append(encoded[next])
                next += 1
                continue
            }
            guard next + 2 < encoded.count, let high = value(encoded[next + 1]), let low = value(encoded[next + 2])
            else {
                return nil
            }
            bytes.append(high << 4 | low)
            next += 3
        }
        return String(validating: bytes, as: UTF8.self)
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
