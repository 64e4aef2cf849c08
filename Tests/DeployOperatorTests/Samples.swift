import DeployModel

@testable import Coordination
@testable import DeployOperator

/// Hosts, answers and requests for tests.
enum Samples {
    static let old = CommitID(accepted: String(repeating: "a", count: 40))
    static let new = CommitID(accepted: String(repeating: "b", count: 40))
    static let other = CommitID(accepted: String(repeating: "c", count: 40))
    static let apply = ServiceName(accepted: "quantum-apply-layer")
    static let engine = ServiceName(accepted: "quantum-reconcile-engine")
    static let now = Timestamp(milliseconds: 1_000_000_000)

    static func host(
        _ name: String, _ membership: Membership = .enrolled, heard secondsAgo: Int64? = 1,
        services: [ServiceName] = [apply, engine]
    ) -> HostRecord {
        HostRecord(
            name: HostName(accepted: name), membership: membership, machineID: "m", changedBy: "ann",
            reason: "new disk",
            lastBeat: secondsAgo.map { Timestamp(milliseconds: now.milliseconds - $0 * 1000) }, state: "idle",
            agent: "1",
            contract: "1", bootID: "b", rollout: "", step: "",
            services: services.map {
                ServiceFacts(
                    service: $0, source: "quantum_trader", unitState: "active",
                    canonicalPath: "/home/qt/quantum_trader",
                    user: "qt", checkout: old, branch: "main", running: old, basis: "known", since: nil)
            })
    }

    static func target(
        _ host: String, _ service: ServiceName = apply, order: Int = 10, _ change: (inout PlanTarget) -> Void = { _ in }
    ) -> PlanTarget {
        var target = PlanTarget(
            host: HostName(accepted: host), service: service, source: "quantum_trader", order: order,
            canonicalPath: CanonicalPath(accepted: "/home/qt/quantum_trader"), unitState: "active", user: "qt",
            checkout: old, running: old, basis: "known", branch: BranchName(accepted: "main"), remoteCommit: new,
            ahead: 1,
            subject: "a change", isSibling: false, refusal: nil)
        change(&target)
        return target
    }

    static let all = DeployRequest(services: [])
}
