import Synchronization

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

    /// Whether there is one left.
    func isOpen(now: ContinuousClock.Instant) -> Bool { left > 0 || ends.map { now >= $0 } ?? true }

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

/// What troubles and complaints together may say: one line a second. What is held back is said when its time comes, because
/// every try notes it again. What a job says of its own beginning and end is not held back.
final class Speech: Sendable {
    private let pace = Mutex(Pace(most: 1, window: .seconds(1)))

    func take(now: ContinuousClock.Instant) -> Bool { pace.withLock { $0.take(now: now) } }
}
