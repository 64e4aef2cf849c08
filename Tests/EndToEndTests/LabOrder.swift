import Coordination
import DeployModel
import TestSupport

/// Orders that no `qtctl` made, signed with the lab's own key or by whomever a test wants.
extension LabFleet {
    static let name = FleetName(accepted: "lab")
    static let operatorName = OperatorName(accepted: "operator")

    /// An order as `qtctl deploy --all` would make it.
    func order(_ hosts: [String], from head: String, to commit: String, at now: Timestamp) throws -> Order {
        Order(
            fleet: Self.name, id: .random(), operatorName: Self.operatorName, operation: .deploy,
            source: SourceName(accepted: "quantum_trader"), branch: BranchName(accepted: "main"),
            commit: try CommitID(commit), direction: .forward,
            lines: try hosts.map {
                Order.Line(
                    host: HostName(accepted: $0), path: try CanonicalPath(Self.path), expectedHead: try CommitID(head),
                    services: Self.services.map { ServiceName(accepted: $0) })
            }, waves: try WaveSizes("1"), soakSeconds: 0, pauseAfter: .none, maxFailures: 0, onFailure: .halt,
            failedHost: .revert, beginBefore: now.adding(seconds: 900), until: now.adding(seconds: 3600),
            created: now, reason: try Reason("made by a test"))
    }

    /// The signature of the lab's operator.
    func sign(_ order: Order) async throws -> [UInt8] {
        try await SigningKeys.sign(order.text, with: "/var/tmp/\(lab.name)/access/operator")
    }
}
