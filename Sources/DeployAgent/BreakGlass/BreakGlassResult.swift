import Coordination
package import DeployModel

/// One event of the job, in words.
package struct BreakGlassEvent: Sendable {
    /// One line: step, state and what there is to say.
    package var line: String

    init(_ event: StepEvent) {
        let service = event.service.map { "\($0)  " } ?? ""
        let took = event.milliseconds.map { "  \($0) ms" } ?? ""
        let detail = event.detail.isEmpty ? "" : "  \(event.detail)"
        line = "\(service)\(event.step.rawValue) \(event.state.rawValue)\(detail)\(took)"
    }
}

/// What came of it.
package struct BreakGlassResult: Sendable {
    /// The name under which results and audit have it.
    package var name: String
    /// One outcome per service.
    package var outcomes: [TargetOutcome]

    init(order: Order, host: HostName, targets: [TargetReport]) {
        name = "bg-\(order.id)"
        outcomes = targets.map { target in
            var outcome = TargetOutcome(host: host, service: target.service)
            outcome.state = .ended
            outcome.verdict = target.verdict
            outcome.step = target.step
            outcome.rule = target.rule
            outcome.error = target.error
            outcome.commit = target.commit
            outcome.previousCommit = target.previousCommit
            outcome.runningCommit = target.runningCommit
            return outcome
        }
    }

    /// As of a rollout with these targets.
    package var exitCode: ExitCode {
        .of(outcomes, rollout: outcomes.allSatisfy { $0.verdict?.isGood == true } ? .succeeded : .failed)
    }
}
