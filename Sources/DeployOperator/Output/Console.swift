import DeployModel
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
    private let write: @Sendable (Bool, String) -> Void

    /// The console of this process.
    package init(form: Form, isUTC: Bool) {
        self.init(form: form, isUTC: isUTC) { isData, text in
            let bytes = Array((text + "\n").utf8)
            // A reader that went away (a closed pipe) is no error of the command: the rollout does not depend on it.
            _ = bytes.withUnsafeBytes { Glibc.write(isData ? STDOUT_FILENO : STDERR_FILENO, $0.baseAddress, $0.count) }
        }
    }

    /// A console for tests: each line, and whether it is data.
    package init(form: Form, isUTC: Bool, write: @escaping @Sendable (Bool, String) -> Void) {
        self.form = form
        self.isUTC = isUTC
        self.write = write
    }

    /// Text for the person, on standard output; nothing in the JSON form.
    package func show(_ text: String) { if form == .text { write(true, text) } }

    /// A line of the JSON form; nothing in the text form.
    package func show(_ line: JSONLine) { if form == .json { write(true, line.text) } }

    /// Progress and trouble, on standard error, in both forms.
    package func note(_ text: String) { write(false, text) }

    /// A moment as the person wants it.
    func time(_ moment: Timestamp) -> String {
        if isUTC { return moment.description }
        var seconds = time_t(moment.milliseconds / 1000)
        var parts = tm()
        localtime_r(&seconds, &parts)
        return moment.local(offsetSeconds: Int64(parts.tm_gmtoff))
    }

    /// The time of day of a moment, for lines that follow each other.
    func clock(_ moment: Timestamp) -> String {
        let words = time(moment).split(whereSeparator: { $0 == " " || $0 == "T" })
        return words.count > 1 ? String(words[1].prefix(8)) + (isUTC ? "Z" : "") : time(moment)
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
            note("refused: " + (place.isEmpty ? "" : "\(place): ") + VisibleText(one.refusal.message).description)
            if !one.refusal.remedy.isEmpty { note("         \(VisibleText(one.refusal.remedy))") }
        }
    }
}
