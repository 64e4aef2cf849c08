import DeployModel
import HostControl

/// What a service has logged since its start, read piece by piece: each line is judged once, and none is passed over.
struct LogReading: Sendable {
    enum Judgement: Sendable, Equatable {
        /// The service has not said anything yet.
        case silent
        /// So many lines, and nothing is wrong with them.
        case clean(lines: Int)
        /// A line that must not be there.
        case bad(String)
        /// Lines are missing, or can't be judged: nobody knows what they say.
        case unknown(String)
    }

    /// 3 is LOG_ERR (syslog.h); smaller is worse.
    static let worstAllowed = 4

    /// Whether only the newest lines are read.
    let isNewestOnly: Bool
    /// The last line that was judged.
    private(set) var cursor: String?
    private(set) var judgement = Judgement.silent
    private var ownLines = 0
    private var lines = 0
    /// journald counts the lines of a unit from the first one until the interval is over, then from the next.
    private var window: (begun: Int64, lines: Int) = (0, 0)

    init(isNewestOnly: Bool = false) { self.isNewestOnly = isNewestOnly }

    /// Takes the lines that came since the last call.
    ///
    /// - Parameters:
    ///   - new: the lines, oldest first.
    ///   - deny: texts that no line may have; see `matches`.
    ///   - limit: what journald takes of this unit.
    mutating func take(_ new: [JournalLine], deny: [String], limit: LogRateLimit) {
        for line in new {
            cursor = line.cursor
            lines += 1
            if line.isFromUnit { ownLines += 1 }
            // A line that can't be known stays so, whatever comes later; a bad one is worse.
            switch Self.judge(line, deny) ?? overflow(line, limit) {
            case .bad(let text): return judgement = .bad(text)
            case .unknown(let text): judgement = .unknown(text)
            case .silent, .clean, nil: break
            }
        }
        switch judgement {
        case .silent, .clean: judgement = ownLines == 0 ? .silent : .clean(lines: lines)
        case .bad, .unknown: break
        }
    }

    private static func judge(_ line: JournalLine, _ deny: [String]) -> Judgement? {
        if line.dropped > 0 {
            return .unknown("journald dropped \(line.dropped) lines of it: raise LogRateLimitBurst= of the unit")
        }
        let message = line.message ?? ""
        if line.priority < worstAllowed {
            return .bad("priority \(line.priority): \(VisibleText(message.prefix(300)))")
        }
        if let text = deny.first(where: { matches($0, message) }) {
            return .bad("\(text) in: \(VisibleText(message.prefix(300)))")
        }
        return line.message == nil && !deny.isEmpty ? .unknown("a line is too long to be judged") : nil
    }

    /// journald says that it dropped lines only with the first one that it takes again, which may be long after. So a full
    /// interval is enough to doubt.
    private mutating func overflow(_ line: JournalLine, _ limit: LogRateLimit) -> Judgement? {
        guard line.isFromUnit, !isNewestOnly else { return nil }
        if Duration.microseconds(line.realtime - window.begun) > limit.interval { window = (line.realtime, 0) }
        window.lines += 1
        guard window.lines >= limit.burst else { return nil }
        return .unknown(
            "it logged \(limit.burst) lines within \(HumanDuration(limit.interval)), and journald may have dropped more: "
                + "raise LogRateLimitBurst= of the unit")
    }

    /// Whether a message has the denied text: at its beginning when that begins with `^`, else anywhere.
    static func matches(_ denied: String, _ message: String) -> Bool {
        if denied.hasPrefix("^") { return message.hasPrefix(denied.dropFirst()) }
        return message.contains(denied)
    }
}
