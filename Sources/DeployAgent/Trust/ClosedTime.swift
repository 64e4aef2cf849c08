import DeployModel
import SettingsFile

/// A time of the week in which a host begins nothing: from one minute of a day to another, in UTC, which knows no summer time.
package struct ClosedTime: Sendable, Equatable, CustomStringConvertible {
    /// A moment of a day, in minutes since midnight.
    package struct Minute: Sendable, Equatable, CustomStringConvertible {
        let number: Int

        package var description: String { "\(pad(number / 60)):\(pad(number % 60))" }

        private func pad(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    }

    /// The days of the week, Monday first.
    package enum Day: String, Sendable, CaseIterable {
        case mon, tue, wed, thu, fri, sat, sun
    }

    /// The first minute of it.
    package let from: Minute
    /// The first minute behind it; before ``from`` it is the next day's.
    package let to: Minute
    /// The days on which it begins.
    package let days: [Day]

    package var description: String {
        "between \(from) and \(to) UTC"
            + (days.count == Day.allCases.count ? "" : " from \(days.map(\.rawValue).joined(separator: ", "))")
    }

    /// Whether a moment lies in it.
    func contains(_ moment: Timestamp) -> Bool {
        let minutes = Int(moment.milliseconds / 60_000)
        let (day, minute) = (minutes / 1440, minutes % 1440)
        if from.number < to.number {
            return begins(on: day) && (from.number..<to.number).contains(minute)
        }
        return (begins(on: day) && minute >= from.number) || (begins(on: day - 1) && minute < to.number)
    }

    /// 1970-01-01, day 0, was a Thursday.
    private func begins(on day: Int) -> Bool { days.contains(Day.allCases[(day + 3) % 7]) }

    static func read(_ value: SettingsValue) throws(SettingsError) -> ClosedTime {
        let members = try value.members(["from", "to", "days"])
        guard let from = members["from"], let to = members["to"] else {
            throw value.error("from and to are expected here, such as {from: \"13:25\", to: \"20:05\"}, in UTC")
        }
        let (begin, end) = (try minute(from), try minute(to))
        guard begin != end else { throw to.error("is the same as from: that would be no time, or always") }
        var days = Day.allCases
        if let words = members["days"] {
            days = []
            for item in try words.items() { days.append(try item.choice()) }
            guard !days.isEmpty else { throw words.error("at least one of mon to sun is expected here") }
        }
        return ClosedTime(from: begin, to: end, days: days)
    }

    private static func minute(_ value: SettingsValue) throws(SettingsError) -> Minute {
        let text = try value.text()
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        let isTime = parts.count == 2 && parts.allSatisfy { $0.count == 2 && $0.allSatisfy { (48...57).contains($0) } }
        guard isTime, let hour = Int(Substring(parts[0])), let minute = Int(Substring(parts[1])), hour < 24, minute < 60
        else { throw value.error("a time such as \"09:30\" is expected here, in UTC") }
        return Minute(number: hour * 60 + minute)
    }
}
