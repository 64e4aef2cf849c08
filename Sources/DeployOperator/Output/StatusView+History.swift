import Coordination
package import DeployModel

extension StatusView {
    /// What has become of a service, the newest first: a row per rollout and verdict.
    ///
    /// - Throws: ``OperatorError/refused(_:)`` for a host or service that the fleet does not have.
    package func history(
        _ service: ServiceName, hosts: [HostSelector], _ filter: RolloutFilter
    ) async throws(OperatorError) {
        let look = try await look()
        try KnownNames.check(hosts, among: look.hosts)
        var filter = filter
        filter.services = [service]
        let records = try await reading { () async throws(CoordinationError) in
            let start = try await filter.start(fleet)
            return try await fleet.rollouts(newest: filter.count, since: start, where: filter.accepts)
        }
        // A service that is no host's any more still has its history.
        if records.isEmpty { try KnownNames.check([service], among: look.hosts) }
        let chosen = Set(look.hosts.filter { host in hosts.contains { $0.matches(host) } }.map(\.name))
        var rows: [(when: Timestamp, cells: [String])] = []
        for record in records {
            let targets = try await reading { () async throws(CoordinationError) in
                try await fleet.targets(record.id, state: record.state)
            }.filter { $0.service == service && (hosts.isEmpty || chosen.contains($0.host)) }
            rows += Self.rows(targets).map { (record.ended ?? record.submitted, Self.cells(record, $0)) }
            for target in targets { console.show(Self.line(record, target)) }
        }
        if rows.isEmpty { console.show("nothing was done to \(service) yet") } else { show(rows) }
        console.summary(exit: .good)
    }

    private func show(_ rows: [(when: Timestamp, cells: [String])]) {
        let times = console.timeColumn("WHEN", rows.map(\.when))
        var table = TextTable(
            [times.head, "ROLLOUT", "COMMIT", "VERDICT", "HOSTS", "WAS", "OPERATOR", "REASON"],
            firm: ["VERDICT", "HOSTS"], lesser: ["WAS"])
        for (time, row) in zip(times.cells, rows) { table.add([time] + row.cells) }
        console.show(table) { console.colors.onOutput(Verdict(rawValue: $0)?.meaning, $1) }
    }

    /// Targets of which the same is true.
    private static func rows(_ targets: [TargetOutcome]) -> [[TargetOutcome]] {
        var rows: [[TargetOutcome]] = []
        for target in targets {
            let place = rows.firstIndex {
                $0[0].previousCommit == target.previousCommit && Console.word($0[0]) == Console.word(target)
            }
            if let place { rows[place].append(target) } else { rows.append([target]) }
        }
        return rows
    }

    private static func cells(_ record: RolloutRecord, _ row: [TargetOutcome]) -> [String] {
        [
            record.shortName, (row[0].commit ?? record.commit)?.short ?? "?", Console.word(row[0]),
            Counted.names(row.map(\.host.text)),
            row[0].previousCommit?.short ?? "", record.operatorName, record.reason,
        ]
    }

    private static func line(_ record: RolloutRecord, _ target: TargetOutcome) -> JSONLine {
        JSONLine(
            "target",
            [
                ("rollout", .text(record.id.text)), ("at", .text((record.ended ?? record.submitted).description)),
                ("host", .text(target.host.text)), ("service", .text(target.service.text)),
                ("verdict", .optional(target.verdict?.rawValue)), ("step", .optional(target.step?.rawValue)),
                ("rule", .optional(target.rule?.rawValue)), ("error", .optional(target.error)),
                ("commit", .optional((target.commit ?? record.commit)?.text)),
                ("previous_commit", .optional(target.previousCommit?.text)),
                ("running_commit", .optional(target.runningCommit?.text)),
                ("operator", .optional(record.operatorName)), ("reason", .optional(record.reason)),
            ])
    }
}
