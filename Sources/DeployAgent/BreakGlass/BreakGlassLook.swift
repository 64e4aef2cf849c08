package import DeployModel

/// How one service of this host stands, for a person on it.
package struct BreakGlassLook: Sendable, Equatable {
    /// The service.
    package var service: ServiceName
    /// The repository that it is deployed from.
    package var source: SourceName?
    /// Whether nobody named it, and it comes along because it shares a checkout.
    package var isSibling: Bool
    /// The canonical path.
    package var path: CanonicalPath?
    /// systemd's word for its state.
    package var state: String
    /// The branch and the commit that are checked out; nil where the checkout can't be looked at.
    package var branch: BranchName?
    package var head: CommitID?
    /// The commit that its process runs, and how that is known.
    package var running: CommitID?
    package var basis: String
    /// Why it would not be deployed.
    package var refusal: Refusal?

    /// Takes the fields of a plan's answer; nil when it names no service.
    init?(_ fields: [(String, String)]) {
        let values = Dictionary(fields, uniquingKeysWith: { first, _ in first })
        guard let service = values["service"].flatMap({ try? ServiceName($0) }) else { return nil }
        self.service = service
        source = values["source"].flatMap { try? SourceName($0) }
        isSibling = values["via"] == "sibling"
        path = values["canonical_path"].flatMap { try? CanonicalPath($0) }
        state = values["unit_state"] ?? ""
        branch = values["checkout_branch"].flatMap { try? BranchName($0) }
        head = values["checkout_commit"].flatMap { try? CommitID($0) }
        running = values["running_commit"].flatMap { try? CommitID($0) }
        basis = values["basis"] ?? "unknown"
        if let rule = values["rule"].flatMap(Rule.init) {
            refusal = Refusal(rule, values["message"] ?? "", remedy: values["remedy"] ?? "")
        }
    }

    /// A table of what stands on the host.
    package static func table(_ looks: [BreakGlassLook]) -> String {
        var table = TextTable("SERVICE", "UNIT", "RUNS", "CHECKOUT", "BRANCH", "CANONICAL PATH")
        for look in looks {
            let runs = look.running.map { look.basis == "known" ? $0.short : "\($0.short) (\(look.basis))" }
            table.add(
                look.service.text + (look.isSibling ? " (shares the checkout)" : ""), look.state, runs ?? look.basis,
                look.head?.short ?? "", look.branch?.text ?? "", look.path?.text ?? "")
        }
        return table.text
    }
}
