/// A moment, in milliseconds since 1970-01-01T00:00:00Z. Never negative.
package struct Timestamp: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// Milliseconds since the epoch.
    package let milliseconds: Int64

    /// A moment from milliseconds since the epoch; a negative number becomes the epoch.
    package init(milliseconds: Int64) { self.milliseconds = max(0, milliseconds) }

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

    /// Seconds since the epoch, as metrics give them.
    package var seconds: Double { Double(milliseconds) / 1000 }

    /// The moment `seconds` later; beyond what can be counted, the last or the first moment that can.
    package func adding(seconds: Int64) -> Timestamp {
        let (added, isTooLong) = seconds.multipliedReportingOverflow(by: 1000)
        if isTooLong { return Timestamp(milliseconds: seconds < 0 ? 0 : .max) }
        return adding(milliseconds: added)
    }

    /// The moment so many milliseconds later; beyond what can be said, the last one that can.
    package func adding(milliseconds added: Int64) -> Timestamp {
        let (sum, isTooLate) = milliseconds.addingReportingOverflow(added)
        return isTooLate ? Timestamp(milliseconds: added < 0 ? 0 : .max) : Timestamp(milliseconds: sum)
    }

    /// RFC 3339 in UTC with milliseconds: `2026-03-01T09:05:07.042Z`.
    package var description: String {
        let parts = CalendarParts(milliseconds: milliseconds, offsetSeconds: 0)
        return parts.date + "T" + parts.time + "." + Self.digits(milliseconds % 1000, 3) + "Z"
    }

    /// `2026-03-01 10:05:07 +01:00`, for people whose clock stands `offsetSeconds` east of UTC.
    package func local(offsetSeconds: Int64) -> String {
        let parts = CalendarParts(milliseconds: milliseconds, offsetSeconds: offsetSeconds)
        let minutes = abs(offsetSeconds) / 60
        let sign = offsetSeconds < 0 ? "-" : "+"
        return parts.date + " " + parts.time + " " + sign + Self.digits(minutes / 60, 2) + ":"
            + Self.digits(minutes % 60, 2)
    }

    static func digits(_ value: Int64, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}

/// The civil date of a moment, by the days-from-civil algorithm of Howard Hinnant
/// ("chrono-Compatible Low-Level Date Algorithms"), in the proleptic Gregorian calendar.
private struct CalendarParts {
    let date: String
    let time: String

    init(milliseconds: Int64, offsetSeconds: Int64) {
        let seconds = milliseconds / 1000 + offsetSeconds
        let day = seconds >= 0 ? seconds / 86400 : (seconds - 86399) / 86400
        let second = seconds - day * 86400
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        date = [
            Timestamp.digits(year, 4), Timestamp.digits(month, 2),
            Timestamp.digits(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1, 2),
        ].joined(separator: "-")
        time = [second / 3600, second / 60 % 60, second % 60].map { Timestamp.digits($0, 2) }.joined(separator: ":")
    }
}
