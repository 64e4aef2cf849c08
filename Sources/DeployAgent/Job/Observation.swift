import DeployModel

/// Decides from samples when an observation ends: every check must hold from one sample to another that was begun
/// `stable_for` later, in at least five samples.
struct Observation: Sendable {
    typealias Finding = Verification.Finding

    enum Decision: Sendable, Equatable {
        /// Another sample is needed.
        case goOn
        /// Everything held, in so many samples over this time.
        case proven(samples: Int, over: Duration)
        /// This finding decided: it is broken, or it did not come to hold within the limit.
        case failed(Finding)
    }

    /// The fewest samples that prove anything.
    static let samplesAtLeast = 5

    let stableFor: Duration
    /// When a check that does not hold is no longer waited for.
    let limit: Duration
    private var heldSince: Duration?
    private var samples = 0

    init(_ timings: Timings) {
        stableFor = timings.stableFor
        limit = timings.stableFor + timings.verifySlack
    }

    /// How long to wait between samples.
    var pause: Duration { max(.milliseconds(100), min(.seconds(2), stableFor / 8)) }

    /// Takes one sample of all services.
    ///
    /// - Parameters:
    ///   - findings: What was found; none at all proves nothing.
    ///   - time: When the sample was *begun*, since the observation's begin: what it found may be as old as that.
    /// - Returns: What follows.
    mutating func take(_ findings: [Finding], begunAt time: Duration) -> Decision {
        if let broken = findings.first(where: \.result.isBroken) { return .failed(broken) }
        if let missing = findings.first(where: { $0.result != .holds }) {
            heldSince = nil
            samples = 0
            return time >= limit ? .failed(missing) : .goOn
        }
        guard !findings.isEmpty else { return .goOn }
        let since = heldSince ?? time
        heldSince = since
        samples += 1
        guard time - since >= stableFor, samples >= Self.samplesAtLeast else { return .goOn }
        return .proven(samples: samples, over: time - since)
    }
}
