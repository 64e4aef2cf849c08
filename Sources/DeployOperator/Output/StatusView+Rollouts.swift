import Coordination
package import DeployModel

extension StatusView {
    /// The newest rollouts that a person asks for.
    package func rollouts(_ filter: RolloutFilter) async throws(OperatorError) {
        let records = try await reading { () async throws(CoordinationError) in
            let start = try await filter.start(fleet)
            return try await fleet.rollouts(newest: filter.count, since: start, where: filter.accepts)
        }
        let times = console.timeColumn("SUBMITTED", records.map(\.submitted))
        var table = TextTable(
            ["ROLLOUT", times.head, "STATE", "COMMIT", "SOURCE", "HOSTS", "OPERATOR", "REASON"],
            firm: [times.head, "STATE"], lesser: ["SOURCE"])
        for (record, time) in zip(records, times.cells) {
            table.add(
                record.shortName, time, record.state?.rawValue ?? "?",
                record.commit?.short ?? "?", record.source, String(record.hosts),
                record.operatorName + (record.isSigned ? "" : " (\(Self.warrant(record)))"), record.reason)
            console.show(Self.line(record))
        }
        let nothing =
            filter.takesAll
            ? "nothing was submitted to fleet \(fleet.name) yet" : "no rollout of fleet \(fleet.name) fits"
        if records.isEmpty { console.show(nothing) } else { console.show(table) }
        console.summary(exit: .good)
    }

    /// One rollout: its targets' verdicts and, when asked for, what each rests on.
    package func show(_ id: RolloutID, evidence: Bool) async throws(OperatorError) {
        try await reading { () async throws(CoordinationError) in
            guard let rollout = try await fleet.rollout(id) else { throw .unknownRollout(id.text) }
            let targets = try await fleet.targets(id, state: rollout.state)
            console.show(
                (rollout.breakGlassHost == nil ? "submitted" : "deployed") + " \(console.time(rollout.submitted)) by "
                    + "\(VisibleText(rollout.operatorName)), \(Self.warrant(rollout))")
            if !rollout.reason.isEmpty { console.show("reason: \(VisibleText(rollout.reason))") }
            console.show(Self.line(rollout))
            if evidence {
                for target in targets { try await showEvidence(id, target) }
            }
            let isEnded = rollout.state?.isEnded == true
            console.show(
                rollout, targets,
                exit: isEnded ? ExitCode.of(targets, of: rollout.operation, rollout: rollout.state ?? .failed) : nil)
        }
    }

    /// What a rollout rests on: a signature, a person on a host, or nothing but Redis.
    private static func warrant(_ record: RolloutRecord) -> String {
        if let host = record.breakGlassHost { return "by hand on \(host), break-glass" }
        return record.isSigned ? "signed" : "not signed"
    }

    private func showEvidence(_ id: RolloutID, _ target: TargetOutcome) async throws(CoordinationError) {
        let text = try await fleet.evidence(id, target.host, target.service)
        let facts = text.split(separator: "\n")
        console.show("\(target.host) \(target.service): \(Console.word(target))")
        for fact in facts { console.show("    \(VisibleText(fact))") }
        console.show(
            JSONLine(
                "evidence",
                [
                    ("host", .text(target.host.text)), ("service", .text(target.service.text)),
                    ("facts", .list(facts.map { .text(String($0)) })),
                ]))
    }

    private static func line(_ record: RolloutRecord) -> JSONLine {
        JSONLine(
            "rollout",
            [
                ("rollout", .text(record.id.text)), ("at", .text(record.submitted.description)),
                ("state", .optional(record.state?.rawValue)), ("commit", .optional(record.commit?.text)),
                ("source", .optional(record.source)), ("branch", .optional(record.branch)),
                ("operator", .optional(record.operatorName)), ("reason", .optional(record.reason)),
                ("signed", .flag(record.isSigned)), ("break_glass", .optional(record.breakGlassHost?.text)),
            ])
    }
}
