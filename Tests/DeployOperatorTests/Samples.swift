import DeployModel
import RedisClient

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
        services: [ServiceName] = [apply, engine], labels: [String: String] = [:]
    ) -> HostRecord {
        HostRecord(
            name: HostName(accepted: name), membership: membership, machineID: "m",
            changed: now, changedBy: "ann",
            reason: "new disk",
            lastBeat: secondsAgo.map { Timestamp(milliseconds: now.milliseconds - $0 * 1000) }, state: "idle",
            agent: "1",
            contract: "1", bootID: "b", rollout: "", step: "", signatures: "required",
            labels: Dictionary(
                uniqueKeysWithValues: labels.map { (LabelKey(accepted: $0.key), LabelValue(accepted: $0.value)) }),
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
            ahead: 1, behind: nil,
            subject: "a change", isSibling: false, refusal: nil)
        change(&target)
        return target
    }

    static let all = DeployRequest(services: [])

    static let id = RolloutID(accepted: "0123456789abcdef0123456789abcdef")

    static func rollout(_ state: RolloutState) -> RolloutRecord {
        let fields = [
            "v": "1", "state": state.rawValue, "operator": "ann", "reason": "a change", "op": "deploy",
            "source": "quantum_trader", "branch": "main", "commit": new.text,
            "submitted_ms": String(now.milliseconds), "jobs": "1", "targets": "1", "wave": "1",
            "services": apply.text,
        ]
        let words = RolloutRecord.fields
        return RolloutRecord(
            id, HashFields(words, .array(words.map { fields[$0].map { .bulk(Array($0.utf8)) } ?? .null })),
            isSigned: false)
    }

    /// An event of a job or a verdict, so many seconds after ``now``.
    static func event(
        _ kind: String, _ host: String, _ state: String, service: ServiceName? = nil, after seconds: Int64 = 0
    ) -> RolloutEvent {
        event(kind, host, nil, state, service: service, after: seconds)
    }

    /// An event so many seconds after ``now``.
    static func event(
        _ kind: String, _ host: String, _ step: Step?, _ state: String, _ detail: String = "",
        service: ServiceName? = nil, took: Int64? = nil, after seconds: Int64 = 0
    ) -> RolloutEvent {
        let fields = [
            ("kind", kind), ("host", host), ("service", service?.text ?? ""), ("step", step?.rawValue ?? ""),
            ("state", state),
            ("ms", took.map(String.init) ?? ""), ("detail", detail),
        ]
        return RolloutEvent(
            StreamEntry(
                id: "\(now.milliseconds + seconds * 1000)-0", fields: fields.map { .init(name: $0.0, value: $0.1) }))
    }
}
