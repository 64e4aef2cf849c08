/// How many hosts each wave takes: `1,5,20%`. The last size repeats until every host is dispatched.
package struct WaveSizes: Hashable, Sendable, CustomStringConvertible {
    /// The size of one wave.
    package enum Size: Hashable, Sendable {
        /// A number of hosts, at least 1.
        case hosts(Int)
        /// A share of the order's hosts, 1 to 100, rounded up.
        case percent(Int)
    }

    /// The sizes in order; never empty.
    package let sizes: [Size]

    /// One host after the other: the default.
    package static let oneByOne = WaveSizes(sizes: [.hosts(1)])

    private init(sizes: [Size]) { self.sizes = sizes }

    /// Reads `1,5,20%`.
    ///
    /// - Throws: ``InvalidText`` for anything but 1 to 16 sizes, each 1 to 1000 or 1% to 100%, without leading zeros.
    package init(_ text: some StringProtocol) throws(InvalidText) {
        let parts = text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        var sizes: [Size] = []
        for part in parts.prefix(17) {
            guard let size = Self.size(Array(part)) else { throw Self.invalid(text) }
            sizes.append(size)
        }
        guard (1...16).contains(sizes.count) else { throw Self.invalid(text) }
        self.sizes = sizes
    }

    private static func invalid(_ text: some StringProtocol) -> InvalidText {
        InvalidText(
            noun: "list of wave sizes", text: String(text),
            grammar: "1 to 16 sizes joined by commas, each a number of hosts (1 to 1000) or a share (1% to 100%)")
    }

    private static func size(_ bytes: [UInt8]) -> Size? {
        let isShare = bytes.last == UInt8(ascii: "%")
        let digits = isShare ? Array(bytes.dropLast()) : bytes
        guard let number = DecimalNumber.parse(digits), number >= 1 else { return nil }
        if isShare { return number <= 100 ? .percent(Int(number)) : nil }
        return number <= 1000 ? .hosts(Int(number)) : nil
    }

    package var description: String {
        sizes.map { size in
            switch size {
            case .hosts(let count): String(count)
            case .percent(let share): "\(share)%"
            }
        }.joined(separator: ",")
    }

    /// The number of hosts of each wave, for an order over `hosts` hosts; they add up to `hosts`.
    package func counts(hosts: Int) -> [Int] {
        var counts: [Int] = []
        var left = hosts
        while left > 0 {
            let size = sizes[min(counts.count, sizes.count - 1)]
            let wanted =
                switch size {
                case .hosts(let count): count
                case .percent(let share): (hosts * share + 99) / 100
                }
            counts.append(min(left, max(1, wanted)))
            left -= counts[counts.count - 1]
        }
        return counts
    }
}
