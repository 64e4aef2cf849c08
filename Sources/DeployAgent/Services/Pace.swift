/// How many lines of one kind may be logged in a while: what repeats must not fill the host's journal.
struct Pace: Sendable {
    private let most: Int
    private let window: Duration
    private var left: Int
    private var ends: ContinuousClock.Instant?

    /// At most `most` in each `window`.
    init(most: Int, window: Duration = .seconds(10)) {
        self.most = most
        self.window = window
        left = most
    }

    /// Takes one, if there is one left.
    mutating func take(now: ContinuousClock.Instant) -> Bool {
        if ends.map({ now >= $0 }) ?? true {
            ends = now + window
            left = most
        }
        guard left > 0 else { return false }
        left -= 1
        return true
    }
}
