/// What an attempt at a target ends as: exactly one, final.
package enum Verdict: String, Sendable, CaseIterable, Equatable {
    /// Every required check held for the whole observation time.
    case verified
    /// HEAD was the pinned commit, every process ran it, and all checks pass now; nothing was restarted.
    case unchanged
    /// Failed, and the previous commit runs again and is verified.
    case reverted
    /// Failed before anything was changed, or put back without a restart, or left as it is by order.
    case failed
    /// Failed, and the way back failed too: a person is needed.
    case revertFailed = "revert_failed"
    /// `admit`, `inspect` or `lease` said no; nothing was touched.
    case refused
    /// Did not take the order, or fell silent before its claim: known not to have begun.
    case unreachable
    /// Fell silent after its claim, and stayed so.
    case unknown
    /// Never dispatched.
    case skipped

    /// Whether the target runs what was ordered.
    package var isGood: Bool { self == .verified || self == .unchanged }

    /// Whether it counts against `max_failures`.
    package var countsAsFailure: Bool {
        switch self {
        case .reverted, .failed, .revertFailed, .refused, .unreachable, .unknown: true
        case .verified, .unchanged, .skipped: false
        }
    }
}
