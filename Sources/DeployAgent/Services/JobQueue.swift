import DeployModel

/// The attempts that wait for the host job, each once.
actor JobQueue {
    /// The attempts, in the order in which they were offered.
    nonisolated let attempts: AsyncStream<AttemptName>
    private let input: AsyncStream<AttemptName>.Continuation
    private var known: Set<AttemptName> = []

    init() { (attempts, input) = AsyncStream.makeStream() }

    /// Adds an attempt, unless it waits or runs already.
    func offer(_ attempt: AttemptName) {
        if known.insert(attempt).inserted { input.yield(attempt) }
    }

    /// Forgets an attempt that is over; if Redis still names it, it may be offered again, and the journal answers.
    func done(_ attempt: AttemptName) { known.remove(attempt) }
}
