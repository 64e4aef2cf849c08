import Coordination
package import DeployModel

/// One event of the job, in words.
package struct BreakGlassEvent: Sendable {
    /// One line: step, what of it, and how long it took.
    package var line: String

    init(_ event: StepEvent) {
        var words = [event.step.rawValue + String(repeating: " ", count: max(0, 8 - event.step.rawValue.count))]
        if let service = event.service { words.append(service.text) }
        switch event.state {
        case .begun: words.append("...")
        case .done: words.append("ok")
        case .failed: words.append("FAILED")
        case .waiting, .output: break
        }
        // Made safe to print by the narrator.
        if !event.detail.isEmpty { words.append(event.detail) }
        if let took = event.milliseconds { words.append("(\(HumanDuration(milliseconds: took)))") }
        line = words.joined(separator: " ")
    }
}

/// What came of a deployment by hand.
package struct BreakGlassResult: Sendable {
    let order: Order
    let report: ReportSpool.Report
    /// One outcome per service.
    package let outcomes: [TargetOutcome]
    /// Why it is not written down, in words; nil when it is.
    package internal(set) var trouble: String?

    init(order: Order, host: HostName, report: ReportSpool.Report) {
        self.order = order
        self.report = report
        outcomes = report.targets.map { target in
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

    /// The end in one line, for the host's own log.
    package var headline: String {
        let verdict = outcomes.first?.verdict?.rawValue ?? "nothing"
        let error = outcomes.first { !$0.error.isEmpty }?.error ?? ""
        return "break-glass \(order.id.breakGlassName) ends: \(verdict)" + (error.isEmpty ? "" : ": \(error)")
    }

    /// As of a rollout with these targets.
    package var exitCode: ExitCode {
        .of(outcomes, rollout: outcomes.allSatisfy { $0.verdict?.isGood == true } ? .succeeded : .failed)
    }

    /// The verdicts, what went wrong, each cause once, and what to do next.
    package var text: String {
        var table = TextTable("SERVICE", "VERDICT", "RUNS", "WAS")
        for outcome in outcomes {
            table.add(
                outcome.service.text, outcome.verdict?.rawValue ?? "", outcome.runningCommit?.short ?? "",
                outcome.previousCommit?.short ?? "")
        }
        var lines = [table.text]
        var told: Set<String> = []
        for outcome in outcomes where !outcome.error.isEmpty && told.insert(outcome.error).inserted {
            let rule = outcome.rule.map { "\($0.rawValue): " } ?? ""
            lines.append("\(outcome.service): \(rule)\(VisibleText(outcome.error))")
        }
        return (lines + [trouble, next].compactMap { $0 }).joined(separator: "\n")
    }

    private var next: String {
        let services = outcomes.map(\.service.text).joined(separator: " ")
        switch exitCode {
        case .good: return "all is well on this host"
        case .failedAndReverted:
            let isReverted = outcomes.contains { $0.verdict == .reverted }
            return isReverted
                ? "the previous commit runs again, verified; what was seen: journalctl -u \(outcomes[0].service)"
                : "the services were not restarted, and the checkout is as it was"
        case .refused, .notPermitted: return "nothing was touched"
        default:
            return "A PERSON IS NEEDED: systemctl status \(services); git status in the checkout; then qtagent verify"
        }
    }
}
