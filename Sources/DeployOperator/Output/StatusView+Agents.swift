import Coordination
import DeployModel

extension StatusView {
    /// The hosts of the fleet.
    package func agents() async throws(OperatorError) {
        let look = try await look()
        var table = TextTable("HOST", "MEMBERSHIP", "HEARD", "AGENT", "SERVICES", "MACHINE", "REMARK")
        for record in look.hosts {
            let remark = Self.remark(record, look)
            table.add(
                record.name.text, record.membership.rawValue, Self.heard(record, look), record.agent,
                String(record.services.count), record.machineID, remark)
            console.show(Self.line(record, remark))
        }
        console.show(look.hosts.isEmpty ? "no host was ever heard in fleet \(fleet.name)" : table.text)
        console.summary(exit: .good)
    }

    private static func remark(_ record: HostRecord, _ look: Look) -> String {
        switch record.membership {
        case .seen: "not targeted: qtctl agents enrol \(record.name)"
        case .drained: "drained by \(record.changedBy): \(record.reason)"
        case .enrolled: look.isDown(record) ? "down: systemctl status qtagent there" : ""
        }
    }

    private static func line(_ record: HostRecord, _ remark: String) -> JSONLine {
        JSONLine(
            "agent",
            [
                ("host", .text(record.name.text)), ("membership", .text(record.membership.rawValue)),
                ("state", .optional(record.state)), ("rollout", .optional(record.rollout)),
                ("step", .optional(record.step)), ("agent", .optional(record.agent)),
                ("contract", .optional(record.contract)), ("machine_id", .optional(record.machineID)),
                ("beat_at", .optional(record.lastBeat?.description)), ("remark", .optional(remark)),
            ])
    }
}
