/// A length of time for people: `840 ms`, `4.2 s`, `3 min 5 s`, `2 h 7 min`, `3 d 4 h`.
package struct HumanDuration: Hashable, Sendable, CustomStringConvertible {
    /// Milliseconds, never negative.
    package let milliseconds: Int64

    /// A length of `milliseconds`; a negative one becomes 0.
    package init(milliseconds: Int64) { self.milliseconds = max(0, milliseconds) }

    /// A length of time, cut to whole milliseconds; beyond what can be counted, the longest that can.
    package init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let (whole, isTooLong) = seconds.multipliedReportingOverflow(by: 1000)
        let (sum, isTooLongByPart) = whole.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
        self.init(milliseconds: isTooLong || isTooLongByPart ? (seconds < 0 ? 0 : .max) : sum)
    }

    package var description: String {
        let seconds = milliseconds / 1000
        switch seconds {
        case 0: return "\(milliseconds) ms"
        case 1..<10: return "\(seconds).\(milliseconds % 1000 / 100) s"
        case 10..<60: return "\(seconds) s"
        case 60..<3600: return "\(seconds / 60) min" + (seconds % 60 == 0 ? "" : " \(seconds % 60) s")
        case 3600..<86400: return "\(seconds / 3600) h" + (seconds / 60 % 60 == 0 ? "" : " \(seconds / 60 % 60) min")
        default: return "\(seconds / 86400) d" + (seconds / 3600 % 24 == 0 ? "" : " \(seconds / 3600 % 24) h")
        }
    }
}
