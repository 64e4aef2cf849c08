package import Coordination
package import DeployModel

/// What one host says of one service: an entry of its answer to `plan`.
package struct PlanTarget: Sendable, Equatable {
    package var host: HostName
    package var service: ServiceName
    package var source: String
    /// The place in the host's order of restarts.
    package var order: Int
    package var canonicalPath: CanonicalPath?
    package var unitState: String
    package var user: String
    package var checkout: CommitID?
    package var running: CommitID?
    /// How the running commit is known.
    package var basis: String
    package var branch: BranchName?
    package var remoteCommit: CommitID?
    /// How many commits the checkout is behind; nil when the host does not have them yet.
    package var ahead: Int?
    /// How many commits the checkout is ahead, where it is to go back; nil when the host does not have them.
    package var behind: Int?
    package var subject: String
    /// Whether it comes along because it shares a checkout.
    package var isSibling: Bool
    /// Whether its host demands signed orders: `required` or `off`.
    package var signatures = ""
    package var refusal: Refusal?

    /// What an order can't do without and the host did not say, although it refuses nothing.
    func gap(_ request: DeployRequest) -> Refusal? {
        let missing: [String] = [
            canonicalPath == nil ? "the canonical path" : nil, checkout == nil ? "the checked out commit" : nil,
            branch == nil ? "the branch" : nil, (try? SourceName(source)) == nil ? "the source" : nil,
            request.purpose == .deploy && request.commit == nil && remoteCommit == nil ? "the remote's commit" : nil,
        ].compactMap { $0 }
        guard !missing.isEmpty else { return nil }
        return Refusal(
            .hostStateUnreadable, "host \(host) did not say \(missing.joined(separator: ", ")) in words known here",
            remedy: "plan again; if it stays so, qtctl and that host's qtagent are of different versions")
    }

    /// What would happen.
    package func verdict(_ commit: CommitID?, _ purpose: DeployRequest.Purpose = .deploy) -> String {
        if refusal != nil { return "refused" }
        guard let commit else { return "" }
        if purpose == .restart { return "restart" }
        if purpose == .rollback, checkout != commit { return "go back" }
        if checkout == commit { return running == commit && basis == "known" ? "unchanged" : "restart" }
        return "deploy"
    }
}

extension PlanTarget {
    /// The target of an entry; nil when the entry is none that this program knows.
    package init?(_ entry: StreamEntry) {
        guard entry["type"] == "target", let host = try? HostName(entry["host"]),
            let service = try? ServiceName(entry["service"])
        else { return nil }
        self.host = host
        self.service = service
        source = entry["source"]
        order = Int(entry["order"]) ?? 0
        canonicalPath = try? CanonicalPath(entry["canonical_path"])
        unitState = entry["unit_state"]
        user = entry["user"]
        checkout = try? CommitID(entry["checkout_commit"])
        running = try? CommitID(entry["running_commit"])
        basis = entry["basis"]
        branch = try? BranchName(entry["branch"])
        remoteCommit = try? CommitID(entry["remote_commit"])
        ahead = Int(entry["ahead"])
        behind = Int(entry["behind"])
        subject = entry["subject"]
        isSibling = entry["via"] == "sibling"
        signatures = entry["signatures"]
        if !entry["rule"].isEmpty {
            refusal = Refusal(
                Rule(rawValue: entry["rule"]) ?? .hostStateUnreadable, entry["message"], remedy: entry["remedy"])
        }
    }
}
