import Coordination
package import DeployModel

extension Console {
    /// Shows how a rollout ended or stands: every target, what runs where, and what to type next.
    /// `code` is what the targets come to; nil while the rollout goes on and nobody leaves it.
    func show(_ rollout: RolloutRecord, _ targets: [TargetOutcome], exit code: ExitCode?) {
        var table = TextTable(
            ["HOST", "SERVICE", "VERDICT", "RUNS", "WAS"], firm: ["SERVICE", "VERDICT"], lesser: ["WAS"])
        for target in targets {
            table.add(
                target.host.text, target.service.text, Self.word(target), target.runningCommit?.short ?? "",
                target.previousCommit?.short ?? "")
        }
        let state = rollout.state?.rawValue ?? "in a state that this program does not know"
        let took = rollout.ended.map {
            " in \(HumanDuration(milliseconds: $0.milliseconds - rollout.submitted.milliseconds))"
        }
        show(
            "\(rollout.breakGlassHost == nil ? "rollout" : "break-glass") \(rollout.shortName) \(state)\(took ?? ""): \(rollout.commit?.short ?? "?") of \(VisibleText(rollout.source))\(Self.warrant(rollout))"
        )
        show(table) { colors.onOutput(Verdict(rawValue: $0)?.meaning, $1) }
        for line in troubles(targets) { show(line) }
        show(Self.next(rollout, code))
        showLine(rollout, targets, code)
    }

    /// What is said of a rollout that nobody signed.
    private static func warrant(_ rollout: RolloutRecord) -> String {
        rollout.isSigned || rollout.breakGlassHost != nil ? "" : ", signatures: off"
    }

    /// The verdict, or how far the host is.
    static func word(_ target: TargetOutcome) -> String {
        if let verdict = target.verdict { return verdict.rawValue }
        return target.state.rawValue + (target.step.map { ", \($0.rawValue)" } ?? "")
    }

    /// What went wrong: each cause once, with the hosts that it struck, and with all services that it struck on the same hosts.
    private func troubles(_ targets: [TargetOutcome]) -> [String] {
        var causes: [(text: String, services: [ServiceName], hosts: [HostName])] = []
        for target in targets where !target.error.isEmpty {
            let text = (target.rule.map { "\($0.rawValue): " } ?? "") + target.error
            if let place = causes.firstIndex(where: { $0.text == text && $0.services == [target.service] }) {
                causes[place].hosts.append(target.host)
            } else {
                causes.append((text, [target.service], [target.host]))
            }
        }
        var merged: [(text: String, services: [ServiceName], hosts: [HostName])] = []
        for cause in causes {
            if let place = merged.firstIndex(where: { $0.text == cause.text && $0.hosts == cause.hosts }) {
                merged[place].services += cause.services
            } else {
                merged.append(cause)
            }
        }
        return merged.map { cause in
            let lines = cause.text.split(separator: "\n").map { VisibleText($0).description }
            return Counted.names(cause.hosts.map(\.text)) + " " + Counted.names(cause.services.map(\.text)) + ": "
                + lines.joined(separator: "\n    ")
        }
    }

    private static func next(_ rollout: RolloutRecord, _ code: ExitCode?) -> String {
        let id = rollout.shortName
        guard rollout.state?.isEnded == true, let code else {
            return "it goes on; to watch it: \(Follower.command(rollout.id))"
        }
        switch code {
        case .good: return "all is well"
        case .failedAndReverted:
            return
                "every changed target runs its previous commit again, verified; the evidence: qtctl show \(id) --evidence"
        case .failedAndChanged:
            return "the fleet is not as it was: look at it with qtctl status, and at qtctl show \(id) --evidence"
        case .targetUnknown: return "a host does not answer: qtctl agents list; then qtctl status"
        case .refused, .notPermitted: return "nothing was touched"
        case .aborted: return "aborted"
        case .broken, .usage, .followerTimedOut, .difference, .interrupted: return code.meaning
        }
    }

    private func showLine(_ rollout: RolloutRecord, _ targets: [TargetOutcome], _ code: ExitCode?) {
        let list = targets.map { target in
            JSONLine.Value.object([
                ("host", .text(target.host.text)), ("service", .text(target.service.text)),
                ("verdict", .optional(target.verdict?.rawValue)), ("step", .optional(target.step?.rawValue)),
                ("rule", .optional(target.rule?.rawValue)), ("error", .optional(target.error)),
                ("commit", .optional(target.commit?.text ?? rollout.commit?.text)),
                ("previous_commit", .optional(target.previousCommit?.text)),
                ("running_commit", .optional(target.runningCommit?.text)),
            ])
        }
        show(
            Self.summary(
                rollout.id, state: rollout.state?.rawValue, commit: rollout.commit, exit: code, targets: list))
    }

    /// The last line of a command that does not show the targets of a rollout.
    ///
    /// - Parameters:
    ///   - id: the rollout that the command was about, if any.
    ///   - state: its state, when known.
    ///   - commit: its commit, when known.
    ///   - code: what the command exits with.
    package func summary(
        _ id: RolloutID? = nil, state: RolloutState? = nil, commit: CommitID? = nil, exit code: ExitCode
    ) {
        show(Self.summary(id, state: state?.rawValue, commit: commit, exit: code, targets: []))
    }

    private static func summary(
        _ id: RolloutID?, state: String?, commit: CommitID?, exit code: ExitCode?, targets: [JSONLine.Value]
    ) -> JSONLine {
        JSONLine(
            "summary",
            [
                ("rollout", .optional(id?.text)), ("state", .optional(state)), ("commit", .optional(commit?.text)),
                ("exit_code", code.map { .number(Int64($0.rawValue)) } ?? .null), ("targets", .list(targets)),
            ])
    }
}
