import DeployModel

extension Console {
    /// Shows a plan: what would happen, target by target, and what is refused.
    package func show(_ plan: Plan) {
        for note in plan.notes { self.note("note: \(VisibleText(note))") }
        showLines(plan)
        if !plan.targets.isEmpty { show(table(plan)) }
        let open = Set(plan.targets.filter { $0.signatures == "off" }.map(\.host)).sorted {
            NaturalOrder.precedes($0.text, $1.text)
        }
        if !open.isEmpty { note("signatures: off on \(Counted.names(open.map(\.text)))") }
        refused(plan.refusals)
    }

    private func table(_ plan: Plan) -> String {
        var table = TextTable(
            ["HOST", "SERVICE", "UNIT", "RUNS", "CHECKOUT", "WOULD", "CANONICAL PATH"],
            firm: ["SERVICE", "WOULD", "CANONICAL PATH"], lesser: ["UNIT", "CHECKOUT"])
        for target in plan.targets {
            table.add(
                target.host.text, target.service.text + (target.isSibling ? " (sibling)" : ""), target.unitState,
                Self.running(target.running, target.basis), target.checkout?.short ?? "",
                target.verdict(plan.commit, plan.purpose), target.canonicalPath?.text ?? "")
        }
        return headline(plan) + table.text(fitting: columns())
    }

    private func headline(_ plan: Plan) -> String {
        guard let commit = plan.commit else { return "" }
        let subject = plan.targets.first { !$0.subject.isEmpty }?.subject ?? ""
        var words = "commit \(commit.short) of \(plan.source?.text ?? "?"), branch \(plan.branch?.text ?? "?")"
        words += distance(plan.targets.map(\.ahead), "ahead") + distance(plan.targets.map(\.behind), "back")
        if !subject.isEmpty { words += ": \(VisibleText(subject))" }
        return words + "\n"
    }

    private func distance(_ counts: [Int?], _ direction: String) -> String {
        guard let most = counts.compactMap(\.self).max(), most > 0 else { return "" }
        return ", \(Set(counts).count == 1 ? "" : "up to ")\(Counted.commits(most)) \(direction)"
    }

    /// A running commit, and how it is known when that is not by the agent's own record.
    static func running(_ commit: CommitID?, _ basis: String) -> String {
        guard let commit else { return basis }
        return basis == "known" ? commit.short : "\(commit.short) (\(basis))"
    }

    private func showLines(_ plan: Plan) {
        for target in plan.targets {
            show(
                JSONLine(
                    "target",
                    [
                        ("host", .text(target.host.text)), ("service", .text(target.service.text)),
                        ("canonical_path", .optional(target.canonicalPath?.text)),
                        ("unit_state", .optional(target.unitState)), ("user", .optional(target.user)),
                        ("checkout_commit", .optional(target.checkout?.text)),
                        ("running_commit", .optional(target.running?.text)), ("basis", .optional(target.basis)),
                        ("remote_commit", .optional(target.remoteCommit?.text)),
                        ("signatures", .optional(target.signatures)),
                        ("verdict", .text(target.verdict(plan.commit, plan.purpose))),
                    ]))
        }
        show(
            JSONLine(
                "plan",
                [
                    ("source", .optional(plan.source?.text)), ("branch", .optional(plan.branch?.text)),
                    ("commit", .optional(plan.commit?.text)), ("targets", .number(Int64(plan.targets.count))),
                    ("refused", .number(Int64(plan.refusals.count))),
                ]))
    }
}
