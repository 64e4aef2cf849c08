/// A time span of a unit.
package enum UnitDuration: Sendable, Equatable {
    /// A limit.
    case finite(Duration)
    /// No limit.
    case infinity

    /// Takes a time span as systemctl prints it (systemd.time(7)): `1min 30s`, `100ms`, `1.500s`, `0`, `infinity`.
    ///
    /// - Returns: nil for any other text.
    package init?(_ text: String) {
        if text == "infinity" {
            self = .infinity
            return
        }
        if text == "0" {
            self = .finite(.zero)
            return
        }
        var microseconds: Int64 = 0
        let words = text.split(separator: " ")
        guard !words.isEmpty else { return nil }
        for word in words {
            guard let part = Self.microseconds(word) else { return nil }
            let (sum, overflow) = microseconds.addingReportingOverflow(part)
            guard !overflow else { return nil }
            microseconds = sum
        }
        self = .finite(.microseconds(microseconds))
    }

    private static let units: [Substring: Int64] = [
        "us": 1, "ms": 1000, "s": 1_000_000, "min": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000,
        "w": 604_800_000_000, "month": 2_629_800_000_000, "y": 31_557_600_000_000,
    ]

    private static func microseconds(_ word: Substring) -> Int64? {
        let number = word.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard let unit = units[word[number.endIndex...]] else { return nil }
        let halves = number.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(halves.count), let whole = Int64(halves[0]) else { return nil }
        let (scaled, overflow) = whole.multipliedReportingOverflow(by: unit)
        guard !overflow else { return nil }
        guard halves.count == 2 else { return scaled }
        // At most six digits are printed after the point: more are below a microsecond.
        guard (1...6).contains(halves[1].count), let digits = Int64(halves[1]) else { return nil }
        let scale = (0..<halves[1].count).reduce(Int64(1)) { value, _ in value * 10 }
        let (fraction, tooBig) = digits.multipliedReportingOverflow(by: unit)
        guard !tooBig else { return nil }
        return scaled.addingReportingOverflow(fraction / scale).partialValue
    }
}
