import Coordination
import DeployModel
import HostControl

/// The right to change an attempt's services: a token, and a deadline on this host's own clock.
///
/// The deadline is the moment the last successful claim or renewal was *sent* plus 0.8 of the lease's time, on CLOCK_BOOTTIME,
/// which goes on while a virtual machine sleeps. Past it the right is gone, whatever Redis says.
///
/// A person who breaks the glass needs none: such a right holds until that person takes it back, and is never renewed.
actor JobRight {
    private let attempt: AttemptName
    private let fleet: Fleet?
    private var token: Int64?
    private var deadline: Int64 = 0
    private var ttl = Duration.seconds(30)
    /// When the right was asked for last.
    private var asked = BootClock.now()
    private var loss: String?
    private var stepDeadline: Int64 = .max

    /// The right of an attempt; without a fleet nobody is asked for it.
    init(attempt: AttemptName, fleet: Fleet?) {
        self.attempt = attempt
        self.fleet = fleet
    }

    /// Whether there is anybody to ask for the right.
    nonisolated var isAsked: Bool { fleet != nil }

    /// A right that was claimed by a former life of the agent: its token is known, its deadline has passed.
    func resume(token: Int64?) { self.token = token }

    /// The token, once there was a claim.
    var currentToken: Int64? { token }

    /// Asks for the right.
    ///
    /// - Returns: the answer; `closed` where there is nobody to ask.
    func claim(floor: Int64) async throws(CoordinationError) -> ClaimReply {
        guard let fleet else { return .closed("nobody is asked") }
        let sent = BootClock.now()
        asked = sent
        let reply = try await fleet.claim(attempt, floor: floor)
        if case .granted(let token, let ttl) = reply {
            self.token = token
            self.ttl = ttl
            deadline = Self.deadline(sent: sent, ttl: ttl)
        }
        return reply
    }

    /// Why the right does not hold at this moment, or nil when it does. Asked before every irreversible step.
    var refusal: String? {
        if let loss { return isAsked ? "the lease was lost (\(loss))" : loss }
        guard isAsked else { return nil }
        return BootClock.now() < deadline ? nil : "the lease could not be renewed in time"
    }

    /// What the report says of a job that went on without its right.
    var remark: String? { refusal.map { isAsked ? "finished_without_lease (\($0))" : $0 } }

    /// Takes the right back. The job ends at its next safe point; where there is none left it goes through.
    func withdraw(_ why: String) { loss = why }

    /// Says that the running step may take until now + `limit`; past that the right is no longer renewed, so that a hanging
    /// step does not keep its services for ever.
    func expectProgress(within limit: Duration) { stepDeadline = BootClock.now() &+ Self.nanoseconds(limit) }

    /// Renews until the task is cancelled: about every quarter of the lease's time, which is 8 s of 30, so that two renewals
    /// may be lost.
    func keepRenewing() async {
        while !Task.isCancelled {
            // In small steps: a claim meanwhile brings another time.
            guard (try? await Task.sleep(for: .milliseconds(200))) != nil else { return }
            if BootClock.now() >= asked &+ Self.nanoseconds(ttl) / 15 * 4 { await renewOnce() }
        }
    }

    private func renewOnce() async {
        guard let fleet, loss == nil, BootClock.now() < stepDeadline else { return }
        // Past its deadline a right is gone: a renewal after a freeze must not bring it back to life. One that a former life of
        // the agent claimed has no deadline yet; its renewals are signs of life.
        let isInTime = token == nil || deadline == 0 || BootClock.now() < deadline
        guard isInTime else { return loss = "it was not renewed in time" }
        let sent = BootClock.now()
        asked = sent
        // Without an answer the deadline stays where it is; the next try may still come in time.
        guard let reply = try? await fleet.renew(attempt, token: token) else { return }
        switch reply {
        case .renewed(let ttl): if token != nil { deadline = max(deadline, Self.deadline(sent: sent, ttl: ttl)) }
        case .lost(let why): loss = why
        }
    }

    private static func deadline(sent: Int64, ttl: Duration) -> Int64 { sent &+ nanoseconds(ttl) / 10 * 8 }

    private static func nanoseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        return Int64(max(0, seconds)) * 1_000_000_000 + Int64(max(0, attoseconds / 1_000_000_000))
    }
}
