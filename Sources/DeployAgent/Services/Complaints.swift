/// What is wrong with what stands in Redis: told once per thing, and what comes in numbers as a number.
actor Complaints {
    /// Things that are remembered; past that all are forgotten, so that nobody fills the memory.
    private static let most = 1000
    /// The text itself is not kept: others may have written any length of it.
    private var told: [String: Int] = [:]
    private var pace = Pace(most: 6)
    private let speech: Speech
    private var untold = 0

    init(_ speech: Speech) { self.speech = speech }

    /// Whether to log `what` of `subject` now; for nil it is told each time, as far as the pace allows.
    ///
    /// - Returns: how many complaints were kept back since the last one that was logged, or nil to keep this one back too.
    func tell(_ what: String, of subject: String?, now: ContinuousClock.Instant = .now) -> Int? {
        if let subject, told[subject] == what.hashValue { return nil }
        guard pace.isOpen(now: now), speech.take(now: now), pace.take(now: now) else {
            untold += 1
            return nil
        }
        if let subject {
            if told.count >= Self.most { told.removeAll() }
            told[subject] = what.hashValue
        }
        defer { untold = 0 }
        return untold
    }
}
