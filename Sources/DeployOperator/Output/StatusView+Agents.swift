import Coordination
package import DeployModel

extension StatusView {
    /// The hosts of the fleet.
    package func agents() async throws(OperatorError) {
        let look = try await look()
        var table = TextTable(
            ["HOST", "MEMBERSHIP", "HEARD", "AGENT", "SERVICES", "LABELS", "REMARK"], firm: ["REMARK"],
            lesser: ["SERVICES", "AGENT", "LABELS"])
        for record in look.hosts {
            let remark = Self.remark(record, look)
            table.add(
                record.name.text, record.membership.rawValue, Self.heard(record, look), record.agent,
                String(record.services.count), Self.labels(record).joined(separator: " "), remark)
            console.show(Self.line(record, remark))
        }
        if look.hosts.isEmpty {
            console.show("no host was ever heard in fleet \(fleet.name)")
        } else {
            console.show(table)
        }
        console.summary(exit: .good)
    }

    /// Everything that is known of one host.
    ///
    /// - Throws: ``OperatorError/refused(_:)`` when the fleet has no such host.
    package func agent(_ host: HostName) async throws(OperatorError) {
        let look = try await look()
        try KnownNames.check([.name(host)], among: look.hosts)
        guard let record = look.hosts.first(where: { $0.name == host }) else { return }
        var facts = TextTable(["host", record.name.text])
        facts.add("membership", membership(record))
        facts.add("machine-id", record.machineID == "-" ? "not bound yet: the first that beats" : record.machineID)
        facts.add("labels", Self.labels(record).joined(separator: " "))
        facts.add("heard", Self.heard(record, look))
        facts.add("agent", record.agent + (record.contract.isEmpty ? "" : ", contract \(record.contract)"))
        facts.add("signatures", record.signatures)
        facts.add("boot id", record.bootID)
        facts.add("remark", Self.remark(record, look))
        // Whole: what is cut here could be read nowhere.
        console.show(facts.text)
        console.show(Self.line(record, Self.remark(record, look)))
        if !record.services.isEmpty {
            console.show("")
            show(Status(rows: record.services.map { Self.row(record, $0, look) }))
        }
        console.summary(exit: .good)
    }

    private func membership(_ record: HostRecord) -> String {
        let word = record.membership.rawValue
        guard record.membership != .seen else { return "\(word) since \(console.time(record.changed))" }
        return "\(word) since \(console.time(record.changed)) by \(record.changedBy)"
            + (record.reason.isEmpty ? "" : ": \(record.reason)")
    }

    private static func labels(_ record: HostRecord) -> [String] {
        record.labels.map { "\($0.key)=\($0.value)" }.sorted()
    }

    private static func remark(_ record: HostRecord, _ look: Look) -> String {
        switch record.membership {
        case .seen: "not targeted: qtctl agents enrol \(record.name)"
        case .drained: "drained by \(record.changedBy): \(record.reason)"
        case .enrolled:
            if look.isDown(record) {
                "down: systemctl status qtagent there"
            } else {
                // In words: whoever can write to Redis can deploy there.
                record.signatures == "off" ? "signatures: off" : ""
            }
        }
    }

    private static func line(_ record: HostRecord, _ remark: String) -> JSONLine {
        JSONLine(
            "agent",
            [
                ("host", .text(record.name.text)), ("membership", .text(record.membership.rawValue)),
                ("state", .optional(record.state)), ("rollout", .optional(record.rollout)),
                ("step", .optional(record.step)), ("agent", .optional(record.agent)),
                ("contract", .optional(record.contract)), ("signatures", .optional(record.signatures)),
                ("machine_id", .optional(record.machineID)),
                (
                    "labels",
                    .object(record.labels.sorted { $0.key < $1.key }.map { ($0.key.text, .text($0.value.text)) })
                ),
                ("beat_at", .optional(record.lastBeat?.description)), ("remark", .optional(remark)),
            ])
    }
}
