import DeployModel

/// Lays a rollout out for a terminal of a given size: its head, a bar over its targets, its hosts with their steps, and what the
/// hosts at work say. Pure: the same picture, moment and size give the same lines.
struct LiveFrame {
    let picture: RolloutPicture
    /// The moment that is drawn, by the server's clock.
    let now: Timestamp
    let terminal: Terminal

    /// Columns that a line may take: one less than there are, because what fills a line to its end may wrap in some terminals.
    private var width: Int { terminal.columns - 1 }
    /// Lines that may be drawn: the last row stays free for what the terminal itself echoes.
    private var height: Int { terminal.rows - 1 }

    /// The lines, none wider and no more than the terminal has room for.
    var lines: [LiveLine] {
        var lines = [head, progress]
        let spoken = voices
        let room = height - lines.count
        // Voices never take more than a third, and nothing from hosts that would have to be grouped.
        let wanted = picture.hosts.count + 1
        let left = min(spoken.count, max(room / 3, room - wanted))
        lines += HostTable(picture: picture, now: now, width: width).lines(atMost: max(1, room - left))
        lines += spoken.prefix(max(0, height - lines.count))
        return lines.prefix(height).map { $0.cut(to: width) }
    }

    private var head: LiveLine {
        let state = picture.state?.rawValue ?? "in an unknown state"
        let age = ShortTime(now, since: picture.submitted).text
        let commit = picture.commit?.short ?? "?"
        let why = picture.reason.isEmpty ? "" : ": \(picture.reason)"
        return LiveLine(
            "rollout \(picture.shortName) \(state) \(age)  \(commit) of \(picture.source) by \(picture.operatorName)\(why)"
        )
    }

    /// How many targets are over, and how.
    private var progress: LiveLine {
        let counts = picture.verdicts
        let done = counts.values.reduce(0, +)
        let words = Verdict.allCases.compactMap { verdict in counts[verdict].map { "\($0) \(verdict.rawValue)" } }
        let text = "\(done) of \(picture.targets) targets" + (words.isEmpty ? "" : ": " + words.joined(separator: ", "))
        let bar = min(40, width - Columns.of(text) - 4)
        return bar >= 10 ? Self.bar(done, of: picture.targets, in: bar, counts) + LiveLine("  " + text) : LiveLine(text)
    }

    /// Good ones as `#`, others as `!`, so that it reads without colour.
    private static func bar(_ done: Int, of all: Int, in columns: Int, _ counts: [Verdict: Int]) -> LiveLine {
        let good = counts.reduce(0) { $0 + ($1.key.isGood ? $1.value : 0) }
        func share(_ number: Int) -> Int { all > 0 ? number * columns / all : 0 }
        // Whatever went wrong shows, be it one of a thousand.
        let bad = done > good ? max(1, share(done - good)) : 0
        let well = min(share(good), columns - bad)
        return LiveLine("[") + LiveLine(String(repeating: "#", count: well), .good)
            + LiveLine(String(repeating: "!", count: bad), .bad)
            + LiveLine(String(repeating: "-", count: columns - well - bad) + "]")
    }

    /// What hosts at work wait for, or their programs print: the reason of a wait first.
    private var voices: [LiveLine] {
        let open = picture.hosts.filter(\.isOpen)
        let waits = open.filter { !$0.waitsFor.isEmpty }.map { host in
            LiveLine("\(host.name) \(host.step?.rawValue ?? "") waits: ", .warning) + LiveLine(host.waitsFor)
        }
        let silent = open.filter { $0.state == .silent }.map { LiveLine("\($0.name) gives no sign of life", .warning) }
        let outputs = open.filter { $0.waitsFor.isEmpty && !$0.output.isEmpty }.map { host in
            LiveLine("\(host.name) \(host.step?.rawValue ?? "") | \(host.output)")
        }
        return silent + waits + outputs
    }
}

/// A length of time in a few columns: `0.3s`, `42s`, `5m12s`, `2h05m`, `3d04h`.
struct ShortTime {
    let text: String

    init(_ now: Timestamp, since then: Timestamp) { self.init(milliseconds: now.milliseconds - then.milliseconds) }

    /// A negative time, which another machine's clock can bring about, counts as none.
    init(milliseconds: Int64) {
        let milliseconds = max(0, milliseconds)
        let seconds = milliseconds / 1000
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        text =
            switch seconds {
            case 0..<10: "\(seconds).\(milliseconds % 1000 / 100)s"
            case 10..<60: "\(seconds)s"
            case 60..<3600: "\(seconds / 60)m\(two(seconds % 60))s"
            case 3600..<86400: "\(seconds / 3600)h\(two(seconds / 60 % 60))m"
            default: "\(seconds / 86400)d\(two(seconds / 3600 % 24))h"
            }
    }
}
