package import DeployModel
import Glibc

/// Where a command speaks: data on standard output, progress on standard error. Nothing else in the operator's code prints.
package struct Console: Sendable {
    /// How data is given.
    package enum Form: Sendable {
        case text, json
    }

    /// How data is given.
    package let form: Form
    /// Whether times are shown in UTC instead of local time.
    package let isUTC: Bool
    /// Which of the two streams take colour.
    let colors: Colors
    /// The terminal of the progress, as it is at the moment; nil where there is none that a picture can be drawn on.
    let terminal: @Sendable () -> Terminal?
    /// The columns that data has room in; nil for as many as it takes.
    let columns: @Sendable () -> Int?
    private let write: @Sendable (Bool, String) -> Void

    /// The console of this process.
    ///
    /// - Parameters:
    ///   - form: how data is given; nothing is drawn beside JSON.
    ///   - isUTC: whether times are shown in UTC.
    ///   - colors: which streams take colour.
    ///   - terminal: tells the terminal that may be drawn on.
    package init(
        form: Form, isUTC: Bool, colors: Colors = .none, terminal: @escaping @Sendable () -> Terminal? = { nil }
    ) {
        self.init(
            form: form, isUTC: isUTC, colors: form == .json ? .none : colors,
            terminal: { form == .json ? nil : terminal() }, columns: Terminal.outputColumns,
            write: { isData, text in (isData ? StandardStream.output : StandardStream.error).write(text) })
    }

    /// A console for tests: each text with its line feed, and whether it is data.
    package init(
        form: Form, isUTC: Bool, colors: Colors = .none, terminal: @escaping @Sendable () -> Terminal? = { nil },
        columns: @escaping @Sendable () -> Int? = { nil },
        write: @escaping @Sendable (Bool, String) -> Void
    ) {
        self.form = form
        self.isUTC = isUTC
        self.colors = colors
        self.terminal = terminal
        self.columns = columns
        self.write = write
    }

    /// A table for the person, as wide as there is room.
    package func show(_ table: TextTable, _ paint: (_ cell: String, _ shown: String) -> String = { $1 }) {
        show(table.text(fitting: columns(), paint))
    }

    /// Text for the person, on standard output; nothing in the JSON form.
    package func show(_ text: String) { if form == .text { write(true, text + "\n") } }

    /// A line of the JSON form; nothing in the text form.
    package func show(_ line: JSONLine) { if form == .json { write(true, line.text + "\n") } }

    /// Progress and trouble, on standard error, in both forms.
    package func note(_ text: String) { write(false, text + "\n") }

    /// A part of a picture, for the terminal that progress goes to: no line feed is added, nothing is escaped.
    func draw(_ text: String) { write(false, text) }

    /// A moment as the person wants it.
    func time(_ moment: Timestamp) -> String {
        if isUTC { return moment.description }
        var seconds = time_t(moment.milliseconds / 1000)
        var parts = tm()
        localtime_r(&seconds, &parts)
        return moment.local(offsetSeconds: Int64(parts.tm_gmtoff))
    }

    /// A column of moments: its head, which says their zone where they have one in common, and a cell for each.
    func timeColumn(_ name: String, _ moments: [Timestamp]) -> (head: String, cells: [String]) {
        let times = moments.map(time)
        let zones = Set(times.map { $0.split(separator: " ").dropFirst(2).joined() })
        guard zones.count == 1, let zone = zones.first, !zone.isEmpty else { return (name, times) }
        return ("\(name) \(zone)", times.map { String($0.dropLast(zone.count + 1)) })
    }

    /// The time of day of a moment and the clock that shows it, for lines that follow each other: `10:05:07+01:00`.
    func clock(_ moment: Timestamp) -> String {
        let words = time(moment).split(whereSeparator: { $0 == " " || $0 == "T" })
        guard words.count > 1 else { return time(moment) }
        return words[1].prefix(8) + (words.count > 2 ? String(words[2]) : "Z")
    }

    /// Shows refusals: whom they concern, what was found, and what mends it.
    package func refused(_ all: [OperatorError.TargetRefusal]) {
        for one in all {
            show(
                JSONLine(
                    "refusal",
                    [
                        ("rule", .text(one.refusal.rule.rawValue)), ("host", .optional(one.host)),
                        ("service", .optional(one.service)), ("message", .text(one.refusal.message)),
                        ("remedy", .optional(one.refusal.remedy)),
                    ]))
            let place = [one.host, one.service].compactMap { $0 }.joined(separator: " ")
            note(
                colors.onError(.bad, "refused:") + " " + (place.isEmpty ? "" : "\(place): ")
                    + VisibleText(one.refusal.message).description)
            // A remedy may be several lines to copy; each is shown on a line of its own.
            for line in one.refusal.remedy.split(separator: "\n") { note("         \(VisibleText(line))") }
        }
    }

    /// Says that a rollout is no longer watched.
    ///
    /// - Parameters:
    ///   - id: the rollout.
    ///   - isSubmitted: whether the fleet is known to have the order.
    /// - Returns: what the command exits with.
    package func left(_ id: RolloutID, isSubmitted: Bool = true) -> ExitCode {
        note(
            isSubmitted
                ? "left; rollout \(id.short) goes on; to watch it: \(Follower.command(id))"
                : "left while rollout \(id.short) was sent; whether it was taken: qtctl show \(id.short)")
        summary(id, exit: .interrupted)
        return .interrupted
    }
}
