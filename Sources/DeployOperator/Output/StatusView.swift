package import Coordination
package import DeployModel

/// The commands that only look: `status`, `rollouts`, `show`, `agents list`.
package struct StatusView: Sendable {
    private let fleet: Fleet
    private let console: Console

    /// A view of one fleet.
    package init(fleet: Fleet, console: Console) {
        self.fleet = fleet
        self.console = console
    }

    /// What runs where: a row per host and service.
    package func status(services: [ServiceName], hosts: [HostName]) async throws(OperatorError) {
        let (records, now) = try await look()
        for host in hosts where !records.contains(where: { $0.name == host }) {
            throw .refused(Refusal(.hostUnknown, "fleet has no host \(host)", remedy: "see: qtctl agents list"))
        }
        var table = TextTable("HOST", "SERVICE", "UNIT", "RUNS", "CHECKOUT", "BRANCH", "SINCE", "HOST HEARD", "REMARK")
        for record in records where hosts.isEmpty || hosts.contains(record.name) {
            for facts in record.services where services.isEmpty || services.contains(facts.service) {
                let remark = Self.remark(record, facts, now)
                table.add(
                    record.name.text, facts.service.text, facts.unitState, Console.running(facts.running, facts.basis),
                    facts.checkout?.short ?? "", facts.branch, facts.since.map { Self.ago($0, now) } ?? "",
                    record.lastBeat.map { Self.ago($0, now) } ?? "never", remark)
                console.show(line(record, facts, remark))
            }
        }
        console.show(table.text)
    }

    /// What an operator should see first.
    static func remark(_ record: HostRecord, _ facts: ServiceFacts, _ now: Timestamp) -> String {
        if (record.silence(at: now) ?? .max) > 90_000 { return "host is down: these facts are old" }
        if facts.unitState != "active" { return "not active" }
        if facts.canonicalPath.isEmpty { return "no canonical path" }
        if facts.basis == "mixed" { return "started during a checkout" }
        if let running = facts.running, let checkout = facts.checkout, running != checkout {
            return "runs another commit than is checked out"
        }
        return record.membership == .enrolled ? "" : "host is \(record.membership.rawValue)"
    }

    private static func ago(_ moment: Timestamp, _ now: Timestamp) -> String {
        HumanDuration(milliseconds: now.milliseconds - moment.milliseconds).description + " ago"
    }

    private func line(_ record: HostRecord, _ facts: ServiceFacts, _ remark: String) -> JSONLine {
        JSONLine(
            "target",
            [
                ("host", .text(record.name.text)), ("service", .text(facts.service.text)),
                ("canonical_path", .optional(facts.canonicalPath)), ("unit_state", .optional(facts.unitState)),
                ("user", .optional(facts.user)), ("checkout_commit", .optional(facts.checkout?.text)),
                ("running_commit", .optional(facts.running?.text)), ("basis", .optional(facts.basis)),
                ("branch", .optional(facts.branch)), ("remark", .optional(remark)),
            ])
    }

    /// The hosts of the fleet.
    package func agents() async throws(OperatorError) {
        let (records, now) = try await look()
        var table = TextTable("HOST", "MEMBERSHIP", "STATE", "HEARD", "AGENT", "SERVICES", "MACHINE")
        for record in records {
            let state =
                record.rollout.isEmpty ? record.state : "\(record.state): \(record.rollout.prefix(8)) \(record.step)"
            table.add(
                record.name.text, record.membership.rawValue, state,
                record.lastBeat.map { Self.ago($0, now) } ?? "never", record.agent, String(record.services.count),
                record.machineID)
            console.show(
                JSONLine(
                    "agent",
                    [
                        ("host", .text(record.name.text)), ("membership", .text(record.membership.rawValue)),
                        ("state", .optional(record.state)), ("rollout", .optional(record.rollout)),
                        ("step", .optional(record.step)), ("agent", .optional(record.agent)),
                        ("contract", .optional(record.contract)), ("machine_id", .optional(record.machineID)),
                        ("beat_at", .optional(record.lastBeat?.description)),
                    ]))
        }
        console.show(records.isEmpty ? "no host was ever heard in fleet \(fleet.name)" : table.text)
    }

    /// The newest rollouts.
    package func rollouts(newest count: Int) async throws(OperatorError) {
        let records = try await reading { () async throws(CoordinationError) in try await fleet.rollouts(newest: count)
        }
        var table = TextTable("ROLLOUT", "SUBMITTED", "STATE", "COMMIT", "SOURCE", "HOSTS", "OPERATOR", "REASON")
        for record in records {
            table.add(
                record.id.short, console.time(record.submitted), record.state?.rawValue ?? "?",
                record.commit?.short ?? "?", record.source, String(record.hosts),
                record.operatorName + (record.isSigned ? "" : " (not signed)"), record.reason)
            console.show(
                JSONLine(
                    "rollout",
                    [
                        ("rollout", .text(record.id.text)), ("at", .text(record.submitted.description)),
                        ("state", .optional(record.state?.rawValue)), ("commit", .optional(record.commit?.text)),
                        ("source", .optional(record.source)), ("branch", .optional(record.branch)),
                        ("operator", .optional(record.operatorName)), ("reason", .optional(record.reason)),
                        ("signed", .flag(record.isSigned)),
                    ]))
        }
        console.show(records.isEmpty ? "nothing was submitted to fleet \(fleet.name) yet" : table.text)
    }

    /// One rollout: its targets' verdicts and, when asked for, what each rests on.
    package func show(_ id: RolloutID, evidence: Bool) async throws(OperatorError) {
        try await reading { () async throws(CoordinationError) in
            guard let rollout = try await fleet.rollout(id) else { throw .unknownRollout(id.text) }
            let targets = try await fleet.targets(id, state: rollout.state)
            console.show(
                "submitted \(console.time(rollout.submitted)) by \(VisibleText(rollout.operatorName)), signatures: off")
            if !rollout.reason.isEmpty { console.show("reason: \(VisibleText(rollout.reason))") }
            if evidence {
                for target in targets { try await showEvidence(id, target) }
            }
            console.show(rollout, targets, exit: ExitCode.of(targets, rollout: rollout.state ?? .failed))
        }
    }

    private func showEvidence(_ id: RolloutID, _ target: TargetOutcome) async throws(CoordinationError) {
        let text = try await fleet.evidence(id, target.host, target.service)
        console.show("\(target.host) \(target.service): \(Console.word(target))")
        for fact in text.split(separator: "\n") { console.show("    \(VisibleText(fact))") }
        console.show(
            JSONLine(
                "evidence",
                [
                    ("host", .text(target.host.text)), ("service", .text(target.service.text)),
                    ("facts", .list(text.split(separator: "\n").map { .text(String($0)) })),
                ]))
    }

    private func look() async throws(OperatorError) -> ([HostRecord], Timestamp) {
        try await reading { () async throws(CoordinationError) in
            let records = try await fleet.hosts().sorted { NaturalOrder.precedes($0.name.text, $1.name.text) }
            return (records, try await fleet.serverTime())
        }
    }
}
