/// A trouble that comes and goes: it is told when it changes, and not more often than can be read. One that flaps is told
/// as it is when its time comes, because every try notes it again.
struct Trouble: Sendable {
    /// What is wrong now; nil when nothing is.
    private(set) var text: String?
    private var told: String?
    private var pace = Pace(most: 3)

    /// Begins as if `text` had been told.
    init(_ text: String? = nil) {
        self.text = text
        told = text
    }

    /// Notes how things are.
    ///
    /// - Returns: whether that is to be logged.
    mutating func note(_ text: String?, _ speech: Speech, now: ContinuousClock.Instant = .now) -> Bool {
        self.text = text
        guard text != told, pace.isOpen(now: now), speech.take(now: now) else { return false }
        told = text
        return pace.take(now: now)
    }
}
