import Coordination
import DeployModel

/// What a follower shows while it follows. One follower drives it; it asks nobody.
protocol FollowView {
    /// The longest wait between two calls of ``tick(at:)`` that it can bear.
    var patience: Duration { get }

    /// The rollout as it stands when the follower comes, or comes back after an outage.
    mutating func begin(_ rollout: RolloutRecord, _ targets: [TargetOutcome], at now: Timestamp)

    /// Something happened.
    mutating func show(_ event: RolloutEvent, of id: RolloutID)

    /// Time has passed; `now` is the server's clock.
    mutating func tick(at now: Timestamp)

    /// Trouble, or a remark of the follower itself.
    mutating func note(_ text: String)

    /// Nothing more comes; what is printed next stands below.
    ///
    /// - Parameter isOver: whether a summary of the whole rollout follows.
    mutating func end(isOver: Bool)
}

extension Console {
    /// A picture where the progress goes to a terminal that can show one, else lines.
    func followView() -> any FollowView { terminal() == nil ? LineView(console: self) : LiveView(console: self) }
}

/// A line per event: for logs, pipes and machines, and for terminals that can't do more.
struct LineView: FollowView {
    let console: Console
    /// The next line says what is waited for when it is this late.
    private var picture: RolloutPicture?
    private var lastLine: Timestamp?
    private var lastNews: Timestamp?

    init(console: Console) { self.console = console }

    /// A line at least this often while nothing happens.
    static let silence: Int64 = 15_000
    var patience: Duration { .seconds(1) }

    mutating func begin(_ rollout: RolloutRecord, _ targets: [TargetOutcome], at now: Timestamp) {
        picture = RolloutPicture(rollout, targets)
        lastLine = lastLine ?? now
        lastNews = lastNews ?? now
    }

    mutating func show(_ event: RolloutEvent, of id: RolloutID) {
        console.show(event, of: id)
        picture?.take(event)
        lastNews = nil
        lastLine = nil
    }

    mutating func tick(at now: Timestamp) {
        let (news, line) = (lastNews ?? now, lastLine ?? now)
        (lastNews, lastLine) = (news, line)
        guard let picture, now.milliseconds - line.milliseconds >= Self.silence else { return }
        lastLine = now
        console.note(Self.waiting(picture, since: now.milliseconds - news.milliseconds))
    }

    mutating func note(_ text: String) { console.note(text) }

    func end(isOver: Bool) {}

    /// What is waited for, in one line.
    static func waiting(_ picture: RolloutPicture, since milliseconds: Int64) -> String {
        let words = picture.hosts.filter(\.isOpen).map { host in
            "\(host.name) \(host.step?.rawValue ?? host.state.rawValue)"
                + (host.state == .silent ? " (no sign of life)" : "")
                + (host.waitsFor.isEmpty ? "" : " (waits: \(VisibleText(host.waitsFor)))")
        }
        let shown = words.prefix(10).joined(separator: ", ") + (words.count > 10 ? " and \(words.count - 10) more" : "")
        let what = words.isEmpty ? "no host has work" : shown
        return
            "still \(picture.state?.rawValue ?? "?"), nothing new for \(HumanDuration(milliseconds: milliseconds)): \(what)"
    }
}
