import Coordination
import DeployModel
import TestSupport
import Testing

@testable import DeployOperator

/// A fleet of hosts that a test plays by hand, and an order over all of them, one at a time.
struct PlayedRollout: Sendable {
    let stage: StandIn
    let id: RolloutID
    let variables: [String: String]

    static func with(_ hosts: Int, _ body: @escaping @Sendable (PlayedRollout) async throws -> Void) async throws {
        try await RedisServer.with { server async throws in
            let stand = StandIn(server: server, fleet: Fleet(name: StandIn.name, redis: server.client("test")))
            let names = (1...hosts).map { "h\($0)" }
            for name in names { try await stand.enrol(name) }
            let now = try await stand.fleet.serverTime()
            let made = Plan.make(Samples.all, targets: names.map { Samples.target($0) }, silent: [], notes: [])
                .order(
                    Samples.all, fleet: StandIn.name, id: .random(), operatorName: StandIn.ann, serverTime: now,
                    created: now)
            let order = try #require(made)
            try #require(try await stand.fleet.submit(order, signature: []) == .taken)
            try await body(
                PlayedRollout(
                    stage: stand, id: order.id,
                    variables: [
                        "QTCTL_FLEET": "lab", "QTCTL_REDIS": "\(server.address)", "QTCTL_SIGNATURES": "off",
                    ]))
        }
    }

    func attempt(_ host: String) -> AttemptName {
        AttemptName(rollout: id, host: HostName(accepted: host), operation: .deploy, number: 1)
    }

    func begin(_ host: String) async throws -> Int64 {
        _ = try await stage.fleet.accept(attempt(host))
        guard case .granted(let token, _) = try await stage.fleet.claim(attempt(host), floor: 0) else {
            throw CoordinationError.contract("claim", "not granted")
        }
        return token
    }

    func tell(_ host: String, _ token: Int64, _ events: StepEvent...) async throws {
        try await stage.fleet.tell(attempt(host), token: token, events)
    }

    func end(_ host: String, _ token: Int64, _ verdict: Verdict) async throws {
        let isGood = verdict.isGood
        _ = try await stage.fleet.report(
            attempt(host), token: token, detail: "",
            [
                TargetReport(
                    service: Samples.apply, verdict: verdict, step: .verify, rule: isGood ? nil : .processDied,
                    error: isGood ? "" : "it died", commit: Samples.new, previousCommit: Samples.old,
                    runningCommit: isGood ? Samples.new : Samples.old, startedAt: Samples.now,
                    finishedAt: Samples.now, evidence: "")
            ])
    }

    /// The whole part of a host that goes well.
    func play(_ host: String, _ verdict: Verdict = .verified) async throws {
        let token = try await begin(host)
        try await tell(host, token, StepEvent(step: .verify, state: .begun, detail: ""))
        try await end(host, token, verdict)
    }
}
