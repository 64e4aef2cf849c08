/// What a command of `qtctl` exits with. Nothing but 0 means that all is well.
package enum ExitCode: Int32, Sendable, CaseIterable {
    case good = 0
    case broken = 1
    case usage = 2
    case failedAndChanged = 3
    case failedAndReverted = 4
    case refused = 5
    case followerTimedOut = 6
    case targetUnknown = 7
    case difference = 8
    case notPermitted = 9
    case aborted = 10
    case interrupted = 130

    /// The code in words, as `qtctl help exit-codes` and the README give it.
    package var meaning: String {
        switch self {
        case .good: "every target verified or unchanged (or submitted, with --detach)"
        case .broken: "qtctl or Redis failed; no verdict"
        case .usage: "usage"
        case .failedAndChanged: "failed, and the fleet is not as it was"
        case .failedAndReverted: "failed, and every changed target runs its previous commit, verified"
        case .refused: "refused before anything was touched"
        case .followerTimedOut: "the follower's --timeout ran out; the rollout goes on"
        case .targetUnknown: "a target is silent, unknown or unreachable"
        case .difference: "there is a difference (only with --exit-code)"
        case .notPermitted: "refused by signature or permission"
        case .aborted: "aborted, nothing failed"
        case .interrupted: "interrupted: detached, the rollout goes on"
        }
    }

    /// The one rule that turns a rollout's targets into an exit code; the first line that fits decides.
    ///
    /// Three cases are told apart by more than the verdict: a failed target that was left at the new commit (`--no-revert`)
    /// counts as changed; so does a failed restart, of which nothing is known but that its service is not proven to run; and a
    /// target that was never dispatched beside one that took the commit is never a success.
    package static func of(
        _ targets: [TargetOutcome], of operation: Operation? = .deploy, rollout: RolloutState
    ) -> ExitCode {
        let verdicts = targets.map(\.verdict)
        let failed = verdicts.contains(.failed) || verdicts.contains(.reverted)
        let isLeft = operation == .restart && targets.contains(where: \.isRestartedInVain)
        let changed = verdicts.contains(.verified) || isLeft || targets.contains(where: \.isLeftChanged)
        if verdicts.contains(.revertFailed) || (failed && changed) { return .failedAndChanged }
        if targets.contains(where: { $0.state == .silent || $0.verdict == .unknown || $0.verdict == .unreachable }) {
            return .targetUnknown
        }
        if failed { return .failedAndReverted }
        if rollout == .aborted { return .aborted }
        if !verdicts.contains(where: { $0?.isGood == true }) {
            return targets.contains { $0.verdict == .refused && $0.rule?.isPermission == true }
                ? .notPermitted : .refused
        }
        return verdicts.allSatisfy { $0?.isGood == true } ? .good : .failedAndChanged
    }
}
