import DeployModel
import Testing

/// The one rule that turns verdicts into an exit code, line by line, and over every combination.
@Suite struct ExitCodeTests {
    private static let new = CommitID(accepted: String(repeating: "b", count: 40))
    private static let old = CommitID(accepted: String(repeating: "a", count: 40))

    private static func target(_ verdict: Verdict?, rule: Rule? = nil, state: JobState = .ended) -> TargetOutcome {
        var target = TargetOutcome(host: HostName(accepted: "h"), service: ServiceName(accepted: "s"))
        target.verdict = verdict
        target.rule = rule
        target.state = state
        return target
    }

    private static func code(_ verdicts: [Verdict?], _ rollout: RolloutState = .failed) -> ExitCode {
        ExitCode.of(verdicts.map { target($0) }, rollout: rollout)
    }

    @Test(
        arguments: [
            ([.verified], .good), ([.unchanged], .good), ([.verified, .unchanged], .good),
            // Any revert_failed, or failed beside verified: 3, whatever else there is.
            ([.revertFailed], .failedAndChanged), ([.revertFailed, .unknown], .failedAndChanged),
            ([.failed, .verified], .failedAndChanged), ([.reverted, .verified], .failedAndChanged),
            ([.reverted, .verified, .unknown], .failedAndChanged),
            // Any unknown or unreachable: 7.
            ([.unknown], .targetUnknown), ([.unreachable, .verified], .targetUnknown),
            ([.unknown, .failed], .targetUnknown),
            // Any failed or reverted: 4.
            ([.failed], .failedAndReverted), ([.reverted, .skipped], .failedAndReverted),
            ([.reverted, .unchanged], .failedAndReverted), ([.failed, .refused], .failedAndReverted),
            // Nothing touched: 5.
            ([.refused], .refused), ([.skipped], .refused), ([.refused, .skipped], .refused), ([], .refused),
            // Refused or skipped beside one that took it: 3.
            ([.refused, .verified], .failedAndChanged), ([.skipped, .verified], .failedAndChanged),
        ] as [([Verdict], ExitCode)])
    func byVerdicts(verdicts: [Verdict], code: ExitCode) {
        #expect(Self.code(verdicts) == code)
        #expect(Self.code(verdicts.reversed()) == code)
    }

    @Test func aSilentTargetIsSeven() {
        let silent = Self.target(nil, state: .silent)
        #expect(ExitCode.of([silent], rollout: .halting) == .targetUnknown)
        #expect(ExitCode.of([silent, Self.target(.verified)], rollout: .halting) == .targetUnknown)
        #expect(ExitCode.of([silent, Self.target(.revertFailed)], rollout: .halting) == .failedAndChanged)
    }

    @Test func abortedIsTenUnlessSomethingFailed() {
        #expect(Self.code([.skipped], .aborted) == .aborted)
        #expect(Self.code([.verified, .skipped], .aborted) == .aborted)
        #expect(Self.code([.failed], .aborted) == .failedAndReverted)
        #expect(Self.code([.unknown], .aborted) == .targetUnknown)
        #expect(Self.code([.failed, .verified], .aborted) == .failedAndChanged)
    }

    @Test func aMatterOfPermissionIsNine() {
        for rule in Rule.allCases {
            let code = ExitCode.of([Self.target(.refused, rule: rule), Self.target(.skipped)], rollout: .failed)
            #expect(code == (rule.isPermission ? .notPermitted : .refused), "\(rule)")
        }
        let beside = [Self.target(.refused, rule: .signatureRequired), Self.target(.verified)]
        #expect(ExitCode.of(beside, rollout: .failed) == .failedAndChanged)
    }

    @Test func failedButLeftAtTheNewCommitIsThree() {
        var target = Self.target(.failed)
        target.commit = Self.new
        target.previousCommit = Self.old
        target.runningCommit = Self.new
        #expect(ExitCode.of([target], rollout: .failed) == .failedAndChanged)
        target.runningCommit = Self.old
        #expect(ExitCode.of([target], rollout: .failed) == .failedAndReverted)
        target.previousCommit = Self.new
        target.runningCommit = Self.new
        #expect(ExitCode.of([target], rollout: .failed) == .failedAndReverted)
    }

    /// A restart has no commit to go back to: what failed may not run at all.
    @Test(arguments: [
        (Step.restart, nil, ExitCode.failedAndChanged), (.verify, Rule.processDied, .failedAndChanged),
        (.restart, .rightLost, .failedAndReverted), (.report, .agentCrashed, .failedAndReverted),
    ]) func aFailedRestartIsThree(step: Step, rule: Rule?, code: ExitCode) {
        var target = Self.target(.failed, rule: rule)
        target.step = step
        #expect(ExitCode.of([target], of: .restart, rollout: .failed) == code)
        #expect(ExitCode.of([target], rollout: .failed) == .failedAndReverted)
    }

    /// Every combination of up to three targets, in every state of a rollout: 0 exactly when all are good (and not aborted).
    @Test func nothingButZeroMeansThatAllIsWell() {
        let verdicts: [Verdict?] = [nil] + Verdict.allCases
        var lists: [[Verdict?]] = [[]]
        for _ in 0..<3 { lists += lists.flatMap { list in verdicts.map { list + [$0] } } }
        for list in lists {
            for rollout in RolloutState.allCases {
                let code = Self.code(list, rollout)
                let isGood = !list.isEmpty && list.allSatisfy { $0?.isGood == true }
                #expect((code == .good) == (isGood && rollout != .aborted), "\(list) \(rollout) \(code)")
                if list.contains(.revertFailed) { #expect(code == .failedAndChanged) }
            }
        }
    }

    @Test func everyCodeHasItsOwnWords() {
        #expect(Set(ExitCode.allCases.map(\.meaning)).count == ExitCode.allCases.count)
        #expect(Set(ExitCode.allCases.map(\.rawValue)) == Set(Array(0...10) + [130]))
    }
}
