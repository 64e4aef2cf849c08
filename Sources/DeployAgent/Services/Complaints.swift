/// What is wrong with what stands in Redis: told once per thing, and what comes in numbers as a number.
actor Complaints {
    /// Things that are remembered; past that all are forgotten, so that nobody fills the memory.
    private static let most = 1000
    private var told: [String: String] = [:]
    private var pace = Pace(most: 6)
    private var untold = 0

    /// Whether to log `what` of `subject` now; for nil it is told each time, as far as the pace allows.
    ///
    /// - Returns: how many complaints were kept back since the last one that was logged, or nil to keep this one back too.
    func tell(_ what: String, of subject: String?, now: ContinuousClock.Instant = .now) -> Int? {
        if let subject {
            if told[subject] == what { return nil }
            if told.count >= Self.most { told.removeAll() }
            told[subject] = what
        }
        guard pace.take(now: now) else {
            untold += 1
            return nil
        }
        defer { untold = 0 }
        return untold
    }
}
