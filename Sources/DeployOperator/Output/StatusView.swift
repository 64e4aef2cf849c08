package import Coordination
package import DeployModel
import SettingsFile

/// The commands that only look: `status`, `agents list`, `rollouts`, `show`.
package struct StatusView: Sendable {
    let fleet: Fleet
    let console: Console

    /// A view of one fleet.
    package init(fleet: Fleet, console: Console) {
        self.fleet = fleet
        self.console = console
    }

    /// The hosts as they are known now.
    struct Look {
        /// In natural order of their names.
        var hosts: [HostRecord]
        /// The server's clock.
        var now: Timestamp
        /// How long a host may be silent.
        var downAfter: Duration = .seconds(90)

        /// How long ago something was, by the server's clock.
        func ago(_ moment: Timestamp?) -> String {
            moment.map { HumanDuration(milliseconds: now.milliseconds - $0.milliseconds).description + " ago" } ?? ""
        }

        /// Whether a host has been silent for too long, or was never heard.
        func isDown(_ host: HostRecord) -> Bool {
            host.silence(at: now).map { $0 > HumanDuration(downAfter).milliseconds } ?? true
        }
    }

    /// What runs where: a row per host and service.
    ///
    /// - Throws: ``OperatorError/refused(_:)`` for a host or service that the fleet does not have.
    package func status(services: [ServiceName], hosts: [HostName]) async throws(OperatorError) {
        let look = try await look()
        try Self.check(services, hosts, look.hosts)
        var table = TextTable("HOST", "SERVICE", "UNIT", "RUNS", "CHECKOUT", "BRANCH", "SINCE", "HOST HEARD", "REMARK")
        var isEmpty = true
        for record in look.hosts where hosts.isEmpty || hosts.contains(record.name) {
            for facts in record.services where services.isEmpty || services.contains(facts.service) {
                isEmpty = false
                let remark = Self.remark(record, facts, look)
                table.add(
                    record.name.text, facts.service.text, facts.unitState, Console.running(facts.running, facts.basis),
                    facts.checkout?.short ?? "", facts.branch, look.ago(facts.since), Self.heard(record, look), remark)
                console.show(Self.line(record, facts, remark))
            }
            if record.services.isEmpty, services.isEmpty {
                isEmpty = false
                table.add(
                    record.name.text, "", "", "", "", "", "", Self.heard(record, look),
                    look.isDown(record) ? "host is down" : "host has told of no service")
            }
        }
        console.show(isEmpty ? "no host of fleet \(fleet.name) has told of any service: qtctl agents list" : table.text)
        console.summary(exit: .good)
    }

    private static func check(
        _ services: [ServiceName], _ hosts: [HostName], _ records: [HostRecord]
    ) throws(OperatorError) {
        let names = records.map(\.name.text)
        for host in hosts where !names.contains(host.text) {
            throw .refused(
                Refusal(
                    .hostUnknown, "fleet has no host \(host)" + near(host.text, names), remedy: "see: qtctl agents list"
                ))
        }
        let known = Set(records.flatMap(\.services).map(\.service.text)).sorted()
        for service in services where !known.contains(service.text) {
            throw .refused(
                Refusal(
                    .serviceUnknown, "no host has a service \(service)" + near(service.text, known),
                    remedy: "see: qtctl status"))
        }
    }

    private static func near(_ word: String, _ known: [String]) -> String {
        NearWord.of(word, among: known).map { "; \($0) was meant?" } ?? ""
    }

    /// When a host was heard last, and what it does.
    static func heard(_ record: HostRecord, _ look: Look) -> String {
        guard record.lastBeat != nil else { return "never" }
        let work = record.rollout.isEmpty ? record.state : "\(record.state): \(record.rollout.prefix(8)) \(record.step)"
        return look.ago(record.lastBeat) + (look.isDown(record) || work.isEmpty ? "" : ", \(work)")
    }

    /// What an operator should see first.
    static func remark(_ record: HostRecord, _ facts: ServiceFacts, _ look: Look) -> String {
        if look.isDown(record) { return "host is down: these facts are old" }
        if facts.unitState != "active" { return "not active" }
        if facts.canonicalPath.isEmpty { return "no canonical path" }
        if facts.basis == "mixed" { return "started during a checkout" }
        if let running = facts.running, let checkout = facts.checkout, running != checkout {
            return "runs another commit than is checked out"
        }
        switch record.membership {
        case .enrolled: return ""
        case .seen: return "host is not enrolled"
        case .drained: return "host is drained: \(record.reason)"
        }
    }

    private static func line(_ record: HostRecord, _ facts: ServiceFacts, _ remark: String) -> JSONLine {
        JSONLine(
            "target",
            [
                ("host", .text(record.name.text)), ("service", .text(facts.service.text)),
                ("canonical_path", .optional(facts.canonicalPath)), ("unit_state", .optional(facts.unitState)),
                ("user", .optional(facts.user)), ("checkout_commit", .optional(facts.checkout?.text)),
                ("running_commit", .optional(facts.running?.text)), ("basis", .optional(facts.basis)),
                ("branch", .optional(facts.branch)), ("since", .optional(facts.since?.description)),
                ("beat_at", .optional(record.lastBeat?.description)), ("remark", .optional(remark)),
            ])
    }

    /// The fleet's hosts, the server's clock, and how long a host may be silent.
    func look() async throws(OperatorError) -> Look {
        try await reading { () async throws(CoordinationError) in
            let records = try await fleet.hosts().sorted { NaturalOrder.precedes($0.name.text, $1.name.text) }
            return Look(hosts: records, now: try await fleet.serverTime(), downAfter: try await fleet.hostDownAfter())
        }
    }
}
