/// Numbers as every text and field of the contract writes them: decimal digits, no sign, no leading zero, at most 2^53 - 1,
/// which Lua's numbers hold exactly.
package enum DecimalNumber {
    /// The largest number of the contract.
    package static let maximum: Int64 = 9_007_199_254_740_991

    /// The number that these bytes write, or nil.
    package static func parse(_ bytes: some Collection<UInt8>) -> Int64? {
        guard (1...16).contains(bytes.count), let first = bytes.first else { return nil }
        if first == UInt8(ascii: "0"), bytes.count > 1 { return nil }
        var number: Int64 = 0
        for byte in bytes {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            number = number * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        return number <= maximum ? number : nil
    }

    /// The number that this text writes, or nil.
    package static func parse(_ text: some StringProtocol) -> Int64? { parse(Array(text.utf8)) }
}
