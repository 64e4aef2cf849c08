import Coordination
import DeployModel

/// The attempts that wait for the host job: always what Redis named last, the newest first, so that what cannot be taken never
/// keeps a good order waiting and nothing piles up.
actor JobQueue {
    /// Ends a wait for attempts: one element however often there was something new.
    nonisolated let news: AsyncStream<Void>
    private let input: AsyncStream<Void>.Continuation
    private var waiting: [AttemptName] = []
    /// The order that came with the offer of the only attempt.
    private var order: (attempt: AttemptName, stored: StoredOrder)?
    /// What was begun on this host and has no end: whatever Redis names, it goes first.
    private var left: [AttemptName] = []
    private var running: AttemptName?
    /// What was put aside, until when.
    private var asides: [AttemptName: ContinuousClock.Instant] = [:]
    private static let most = 1000

    init() { (news, input) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    /// Takes what is dispatched now, the newest first, in the place of what waited. `order` is that of the only attempt.
    func offer(_ attempts: [AttemptName], order stored: StoredOrder? = nil, now: ContinuousClock.Instant = .now) {
        order = attempts.first.flatMap { attempt in stored.map { (attempt, $0) } }
        asides = asides.filter { now < $0.value }
        waiting = attempts.filter { $0 != running && asides[$0] == nil }
        if !waiting.isEmpty { input.yield() }
    }

    /// Takes an attempt that somebody began on this host and left without an end.
    func offer(left attempt: AttemptName, now: ContinuousClock.Instant = .now) {
        asides = asides.filter { now < $0.value }
        guard attempt != running, asides[attempt] == nil, !left.contains(attempt) else { return }
        left.append(attempt)
        input.yield()
    }

    /// The attempt that was left, else the newest that waits; it is not offered again until ``done(_:)`` or ``putAside(_:for:now:)``.
    func take() -> AttemptName? {
        running = !left.isEmpty ? left.removeFirst() : waiting.isEmpty ? nil : waiting.removeFirst()
        return running
    }

    /// The order of an attempt, if it came with the offer. It is given once: a later try looks at Redis.
    func takeOrder(_ attempt: AttemptName) -> StoredOrder? {
        guard let found = order, found.attempt == attempt else { return nil }
        order = nil
        return found.stored
    }

    /// Forgets an attempt that is over; if Redis still names it, it may be offered again, and the journal answers.
    func done(_ attempt: AttemptName) { running = nil }

    /// Takes no further offer of an attempt for a while: what is wrong with it does not change within seconds.
    func putAside(_ attempt: AttemptName, for time: Duration, now: ContinuousClock.Instant = .now) {
        running = nil
        if asides.count >= Self.most { asides.removeAll() }
        asides[attempt] = now + time
    }
}
