import Coordination
import DeployModel
import RedisClient
import TestSupport
import Testing

@testable import DeployOperator

/// A follower against a real Redis, with hosts that say what a test tells them to.
@Suite struct FollowerTests {
    /// A fleet with two enrolled, beating hosts, and an order over both.
    private struct Stage {
        let fleet: Fleet
        let order: Order

        init(_ server: RedisServer) async throws {
            fleet = Fleet(name: FleetName(accepted: "lab"), redis: server.client("test"))
            let line = { (host: String) in
                Order.Line(
                    host: HostName(accepted: host), path: CanonicalPath(accepted: "/p"), expectedHead: Samples.old,
                    services: [Samples.apply])
            }
            let now = try await fleet.serverTime()
            order = Order(
                fleet: fleet.name, id: .random(), operatorName: OperatorName(accepted: "ann"), operation: .deploy,
                source: SourceName(accepted: "quantum_trader"), branch: BranchName(accepted: "main"),
                commit: Samples.new,
                direction: .forward, lines: [line("h1"), line("h2")], waves: .oneByOne, soakSeconds: 0,
                pauseAfter: .none,
                maxFailures: 0, onFailure: .halt, failedHost: .revert, beginBefore: now.adding(seconds: 60),
                until: now.adding(seconds: 600), created: now, reason: try Reason("a test"))
            for host in ["h1", "h2"] {
                _ = try await fleet.enrol(
                    HostName(accepted: host), by: order.operatorName, reason: .none, machineID: nil)
                _ = try await fleet.beat(
                    Beat(
                        host: HostName(accepted: host), machineID: String(repeating: "1", count: 32), bootID: "b",
                        agent: "test", state: "idle", attempt: nil, step: nil, services: []))
            }
            try await server.endHold(of: fleet.name)
            guard case .taken = try await fleet.submit(order, signature: []) else {
                throw CoordinationError.contract("submit", "refused")
            }
        }

        /// A host's whole part in the rollout.
        func play(_ host: String, _ verdict: Verdict) async throws {
            let attempt = AttemptName(
                rollout: order.id, host: HostName(accepted: host), operation: .deploy, number: 1)
            _ = try await fleet.accept(attempt)
            guard case .granted(let token, _) = try await fleet.claim(attempt, floor: 0) else {
                throw CoordinationError.contract("claim", "not granted")
            }
            try await fleet.tell(attempt, token: token, [StepEvent(step: .verify, state: .begun, detail: "")])
            let report = TargetReport(
                service: Samples.apply, verdict: verdict, step: .verify, rule: verdict.isGood ? nil : .processDied,
                error: verdict.isGood ? "" : "it died", commit: Samples.new, previousCommit: Samples.old,
                runningCommit: verdict.isGood ? Samples.new : Samples.old, startedAt: Samples.now,
                finishedAt: Samples.now,
                evidence: "")
            _ = try await fleet.report(attempt, token: token, detail: "", [report])
        }
    }

    private func follow(_ stage: Stage, _ paper: Paper, limit: Duration? = nil) async throws -> ExitCode {
        try await Follower(fleet: stage.fleet, console: paper.console()).follow(stage.order.id, limit: limit)
    }

    @Test func aGoodRolloutIsShownFromItsFirstEvent() async throws {
        try await RedisServer.with { server async throws in
            let stage = try await Stage(server)
            try await stage.play("h1", .verified)
            try await stage.play("h2", .unchanged)
            let paper = Paper()
            #expect(try await follow(stage, paper) == .good)
            #expect(paper.notes.first?.hasSuffix("rollout queued") == true)
            #expect(paper.notes.contains { $0.hasSuffix("h2  quantum-apply-layer  UNCHANGED") })
            #expect(paper.notes.last?.hasSuffix("rollout succeeded") == true)
            #expect(paper.data.last == "all is well")
            // Whoever comes later sees the same.
            let again = Paper()
            #expect(try await follow(stage, again) == .good)
            #expect(again.notes == paper.notes)
        }
    }

    @Test func aFailedHostHaltsAndTheCodeSaysSo() async throws {
        try await RedisServer.with { server async throws in
            let stage = try await Stage(server)
            try await stage.play("h1", .reverted)
            let paper = Paper()
            #expect(try await follow(stage, paper) == .failedAndReverted)
            #expect(paper.data.contains { $0.contains("h2    quantum-apply-layer  skipped") })
            #expect(paper.data.contains { $0.contains("process_died: it died") })
        }
    }

    @Test func aFollowerThatLeavesSaysThatItGoesOn() async throws {
        try await RedisServer.with { server async throws in
            let stage = try await Stage(server)
            let paper = Paper()
            #expect(try await follow(stage, paper, limit: .zero) == .followerTimedOut)
            #expect(paper.notes.last?.contains("the rollout goes on") == true)
        }
    }

    @Test func anUnknownRolloutIsAnError() async throws {
        try await RedisServer.with { server async throws in
            let fleet = Fleet(name: FleetName(accepted: "lab"), redis: server.client("test"))
            let follower = Follower(fleet: fleet, console: Paper().console())
            let error = await #expect(throws: OperatorError.self) { try await follower.follow(.random(), limit: nil) }
            #expect(error?.exitCode == .broken)
        }
    }
}
