internal import DeployModel
internal import FoundationEssentials

/// One entry of the journal.
package struct JournalLine: Sendable, Equatable {
    /// 0 (emerg) to 7 (debug), syslog(3). What a program prints without a mark arrives at 6, errors too.
    package var priority: Int
    /// The message, repaired to UTF-8; nil when journalctl left it out for its length. Text from elsewhere: print it through
    /// VisibleText.
    package var message: String?
    /// Microseconds since the epoch.
    package var realtime: Int64
    /// Whether a process of the unit wrote it; else the manager did, about the unit.
    package var isFromUnit: Bool
    /// How many lines of the unit journald says here that it dropped; 0 for any other line.
    package var dropped: Int
    /// Where the line stands in the journal; what comes after it can be asked for.
    package var cursor: String

    /// A line; see the properties.
    package init(
        priority: Int, message: String?, realtime: Int64, isFromUnit: Bool, dropped: Int = 0, cursor: String = ""
    ) {
        self.priority = priority
        self.message = message
        self.realtime = realtime
        self.isFromUnit = isFromUnit
        self.dropped = dropped
        self.cursor = cursor
    }

    /// Takes one line of `journalctl --output=json` (journalctl(1), and systemd's "Journal JSON Format"): a value is a
    /// string, an array of bytes where it is not UTF-8, an array of values where the field comes more than once, and null
    /// where it is too long.
    ///
    /// - Returns: nil when the line is not such an object or has no time.
    init?(json: some Sequence<UInt8>, unit: String) {
        guard let fields = try? JSONDecoder().decode([String: JournalField].self, from: Data(json)),
            let time = fields["__REALTIME_TIMESTAMP"]?.text.flatMap({ Int64($0) })
        else { return nil }
        realtime = time
        message = fields["MESSAGE"].map(\.text) ?? ""
        priority = fields["PRIORITY"]?.text.flatMap { Int($0) }.flatMap { (0...7).contains($0) ? $0 : nil } ?? 6
        isFromUnit = fields["_SYSTEMD_UNIT"]?.text == unit
        cursor = fields["__CURSOR"]?.text ?? ""
        // Only journald itself has this transport; a service may write every other field as it likes.
        let isNotice =
            fields["_TRANSPORT"]?.text == "driver" && fields["MESSAGE_ID"]?.text == JournalCommands.dropped
        dropped = isNotice ? max(1, fields["N_DROPPED"]?.text.flatMap { Int($0) } ?? 1) : 0
    }

    /// The line for who watches: its message, with its priority where that is err or worse (syslog(3)).
    package var told: String { (priority < 4 ? "<\(priority)> " : "") + (message ?? "(too long to be read)") }

    /// The line for evidence: one line, safe to print.
    package var shown: String {
        let time = Timestamp(milliseconds: realtime / 1000)
        return "\(time) <\(priority)> \(VisibleText(message ?? "(too long to be read)"))"
    }
}

/// A value in the journal's JSON.
private enum JournalField: Decodable {
    case value(String?)

    var text: String? {
        switch self {
        case .value(let text): text
        }
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .value(nil)
        } else if let text = try? container.decode(String.self) {
            self = .value(text)
        } else if let bytes = try? container.decode([UInt8].self) {
            self = .value(String(decoding: bytes, as: UTF8.self))
        } else {
            // The field comes more than once. All of it counts: nothing may hide behind a first value.
            let parts = try container.decode([JournalField].self)
            let texts = parts.compactMap(\.text)
            self = .value(texts.count == parts.count ? texts.joined(separator: "\n") : nil)
        }
    }
}
