import Coordination
package import DeployModel

extension StatusView {
    /// What runs where, as the hosts have told it.
    struct Status {
        /// A service of a host, or a host that has told of none.
        struct Row {
            var cells: [String]
            /// What an operator should see first; empty when all is well.
            var remark: String
            /// What stays the same while nothing changes: all but how long ago something was.
            var essence: [String]
            var line: JSONLine?
        }

        static let head = [
            "HOST", "SERVICE", "UNIT", "RUNS", "CHECKOUT", "BRANCH", "SINCE", "HOST HEARD", "REMARK",
        ]
        var rows: [Row]

        /// The lines for a person, where there is room for `width` characters; of too many rows those with a remark first.
        func lines(atMost most: Int = .max, fitting width: Int?) -> [String] {
            let lines = lines(taking: most, fitting: width)
            // What is said above the rows takes the room of one.
            return lines.count > most ? self.lines(taking: most - 1, fitting: width) : lines
        }

        private func lines(taking room: Int, fitting width: Int?) -> [String] {
            let isWhole = rows.count < room
            let shown = isWhole ? rows : rows.filter { !$0.remark.isEmpty } + rows.filter(\.remark.isEmpty)
            var table = TextTable(
                Self.head, firm: ["SERVICE", "REMARK"], lesser: ["BRANCH", "SINCE", "HOST HEARD", "CHECKOUT"])
            for row in shown.prefix(isWhole ? rows.count : max(0, room - 2)) { table.add(row.cells + [row.remark]) }
            let rest = rows.count - max(0, room - 2)
            return table.lines(fitting: width)
                + (isWhole ? [] : ["... and \(rest) more: name services, or use --host"])
        }
    }

    /// What runs where: a row per host and service.
    ///
    /// - Throws: ``OperatorError/refused(_:)`` for a host or service that the fleet does not have.
    package func status(services: [ServiceName], hosts: [HostSelector]) async throws(OperatorError) {
        show(try await readStatus(services, hosts))
        console.summary(exit: .good)
    }

    func show(_ status: Status) {
        for row in status.rows { if let line = row.line { console.show(line) } }
        console.show(
            status.rows.isEmpty
                ? "no host of fleet \(fleet.name) has told of any service: qtctl agents list"
                : status.lines(fitting: console.columns()).joined(separator: "\n"))
    }

    func readStatus(_ services: [ServiceName], _ hosts: [HostSelector]) async throws(OperatorError) -> Status {
        let look = try await look()
        try KnownNames.check(hosts, among: look.hosts)
        try KnownNames.check(services, among: look.hosts)
        var rows: [Status.Row] = []
        for record in look.hosts where hosts.isEmpty || hosts.contains(where: { $0.matches(record) }) {
            for facts in record.services where services.isEmpty || services.contains(facts.service) {
                rows.append(Self.row(record, facts, look))
            }
            if record.services.isEmpty, services.isEmpty { rows.append(Self.row(record, look)) }
        }
        return Status(rows: rows)
    }

    static func row(_ record: HostRecord, _ facts: ServiceFacts, _ look: Look) -> Status.Row {
        let remark = remark(record, facts, look)
        let place = [record.name.text, facts.service.text]
        let what = [
            facts.unitState, Console.running(facts.running, facts.basis), facts.checkout?.short ?? "", facts.branch,
        ]
        return Status.Row(
            cells: place + what + [look.ago(facts.since), heard(record, look)], remark: remark,
            essence: place + what + [facts.since?.description ?? "", remark], line: line(record, facts, remark))
    }

    private static func row(_ record: HostRecord, _ look: Look) -> Status.Row {
        let remark = look.isDown(record) ? "host is down" : "host has told of no service"
        return Status.Row(
            cells: [record.name.text, "", "", "", "", "", "", heard(record, look)], remark: remark,
            essence: [record.name.text, remark], line: nil)
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
}
