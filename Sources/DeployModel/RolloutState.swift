/// The state of a rollout. The transitions stand in `protocol/states.tsv`.
package enum RolloutState: String, Sendable, CaseIterable {
    case queued, running, soaking, paused, halting, aborting, succeeded, failed, reverted, aborted, expired

    /// Whether nothing more happens by itself.
    package var isEnded: Bool {
        switch self {
        case .succeeded, .failed, .reverted, .aborted, .expired: true
        case .queued, .running, .soaking, .paused, .halting, .aborting: false
        }
    }
}

/// The state of one host's job in one attempt. The transitions stand in `protocol/states.tsv`.
package enum JobState: String, Sendable, CaseIterable {
    case waiting, dispatched, accepted, claimed, silent, ended
}
