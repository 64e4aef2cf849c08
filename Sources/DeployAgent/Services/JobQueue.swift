import DeployModel

/// The attempts that wait for the host job, each once.
actor JobQueue {
    /// The attempts, in the order in which they were offered.
    nonisolated let attempts: AsyncStream<AttemptName>
    private let input: AsyncStream<AttemptName>.Continuation
    /// What waits or runs, without a time; what was put aside, until when.
    private var known: [AttemptName: ContinuousClock.Instant?] = [:]
    private static let most = 10_000

    init() { (attempts, input) = AsyncStream.makeStream() }

    /// Adds an attempt, unless it waits or runs already, or was put aside.
    func offer(_ attempt: AttemptName, now: ContinuousClock.Instant = .now) {
        if known.count >= Self.most { known = known.filter { $0.value.map { now < $0 } ?? true } }
        if let until = known[attempt] {
            guard let until, now >= until else { return }
        } else if known.count >= Self.most {
            // They are asked for again and again; those that are known go first.
            return
        }
        known[attempt] = .some(nil)
        input.yield(attempt)
    }

    /// Forgets an attempt that is over; if Redis still names it, it may be offered again, and the journal answers.
    func done(_ attempt: AttemptName) { known[attempt] = nil }

    /// Takes no further offer of an attempt for a while: what is wrong with it does not change within seconds.
    func putAside(_ attempt: AttemptName, for time: Duration, now: ContinuousClock.Instant = .now) {
        known[attempt] = .some(now + time)
    }
}
