import Coordination
import DeployModel
import TestSupport
import Testing

@testable import DeployOperator

/// A follower that is there while things happen: to Redis, and to the rollout.
@Suite(.timeLimit(.minutes(5))) struct WatchingTests {
    /// An order over h1 and h2, submitted; the hosts are played by hand.
    private func submit(_ stage: StandIn) async throws -> RolloutID {
        for host in ["h1", "h2"] { try await stage.enrol(host) }
        let now = try await stage.fleet.serverTime()
        let made = Plan.make(
            Samples.all, targets: [Samples.target("h1"), Samples.target("h2")], silent: [], notes: []
        ).order(
            Samples.all, fleet: StandIn.name, id: .random(), operatorName: StandIn.ann, serverTime: now, created: now)
        let order = try #require(made)
        try #require(try await stage.fleet.submit(order, signature: []) == .taken)
        return order.id
    }

    private func claim(_ stage: StandIn, _ id: RolloutID, _ host: String) async throws -> (AttemptName, Int64) {
        let attempt = AttemptName(rollout: id, host: HostName(accepted: host), operation: .deploy, number: 1)
        #expect(try await stage.fleet.accept(attempt) == .accepted)
        guard case .granted(let token, _) = try await stage.fleet.claim(attempt, floor: 0) else {
            throw CoordinationError.contract("claim", "not granted")
        }
        return (attempt, token)
    }

    private func report(_ stage: StandIn, _ attempt: AttemptName, _ token: Int64) async throws {
        let report = TargetReport(
            service: Samples.apply, verdict: .verified, step: .verify, rule: nil, error: "", commit: Samples.new,
            previousCommit: Samples.old, runningCommit: Samples.new, startedAt: Samples.now, finishedAt: Samples.now,
            evidence: "")
        #expect(try await stage.fleet.report(attempt, token: token, detail: "", [report]) == .taken)
    }

    /// The dump at SIGTERM makes the restart one that keeps its memory, as a restart of the stack's Redis does.
    @Test func aRestartOfRedisLosesNoLineAndRepeatsNone() async throws {
        try await RedisServer.with(arguments: ["--save", "3600 1"]) { server async throws in
            let stage = StandIn(server: server, fleet: Fleet(name: StandIn.name, redis: server.client("test")))
            let id = try await submit(stage)
            let wire = Wire()
            let watched = Fleet(name: StandIn.name, redis: server.client("follower"))
            async let code = Follower(fleet: watched, console: wire.console).follow(id, limit: nil)
            let first = try await claim(stage, id, "h1")
            try await report(stage, first.0, first.1)
            let second = try await claim(stage, id, "h2")
            var lines = await wire.until("h2  claimed")
            try await server.stop()
            lines += await wire.until("goes on by itself")
            try await server.start()
            lines += await wire.until("Redis answers again")
            try await report(stage, second.0, second.1)
            lines += await wire.until("all is well")
            #expect(try await code == .good)
            let paper = Paper()
            _ = try await Follower(fleet: stage.fleet, console: paper.console()).follow(id, limit: nil)
            #expect(lines.filter { paper.notes.contains($0) } == paper.notes)
            #expect(lines.count { $0.contains("goes on by itself") } == 1)
        }
    }

    @Test func theEndsOwnEventsAreShownToWhoWatches() async throws {
        try await StandIn.with([.init(name: "h1"), .init(name: "h2")]) { stage async throws in
            let now = try await stage.fleet.serverTime()
            let made = Plan.make(
                Samples.all, targets: [Samples.target("h1"), Samples.target("h2")], silent: [], notes: []
            ).order(
                Samples.all, fleet: StandIn.name, id: .random(), operatorName: StandIn.ann, serverTime: now,
                created: now)
            let order = try #require(made)
            let paper = Paper()
            #expect(try await stage.fleet.submit(order, signature: []) == .taken)
            let code = try await Follower(fleet: stage.fleet, console: paper.console()).follow(order.id, limit: nil)
            #expect(code == .good)
            #expect(paper.notes.last?.hasSuffix("rollout succeeded") == true)
            #expect(paper.notes.count { $0.hasSuffix("VERIFIED") } == 2)
        }
    }

    @Test func aTimerThatIsDueIsFiredByWhoWatches() async throws {
        try await RedisServer.with { server async throws in
            let stage = StandIn(server: server, fleet: Fleet(name: StandIn.name, redis: server.client("test")))
            let id = try await submitShortLived(stage)
            // No host is there: only the follower can make the order expire.
            let wire = Wire()
            await withTaskGroup { group in
                group.addTask {
                    _ = try? await Follower(fleet: stage.fleet, console: wire.console).follow(id, limit: nil)
                }
                #expect(await wire.until("until has passed").last?.contains("rollout") == true)
                group.cancelAll()
            }
        }
    }

    /// An order that is over in a second: made anew until it was submitted within that second.
    private func submitShortLived(_ stage: StandIn) async throws -> RolloutID {
        try await stage.enrol("h1")
        while true {
            let now = try await stage.fleet.serverTime()
            let made = Plan.make(Samples.all, targets: [Samples.target("h1")], silent: [], notes: []).order(
                Samples.all, fleet: StandIn.name, id: .random(), operatorName: StandIn.ann, serverTime: now,
                created: now)
            var order = try #require(made)
            order.beginBefore = now.adding(seconds: 1)
            order.until = order.beginBefore
            if try await stage.fleet.submit(order, signature: []) == .taken { return order.id }
        }
    }

    @Test func aRolloutThatRedisLostIsNamed() async throws {
        try await RedisServer.with { server async throws in
            let fleet = Fleet(name: StandIn.name, redis: server.client("test"))
            let id = RolloutID.random()
            let error = await #expect(throws: OperatorError.self) {
                try await Follower(fleet: fleet, console: Paper().console()).follow(id, limit: nil)
            }
            #expect(error == .lost(id))
            #expect(error?.description.contains("qtctl status") == true)
        }
    }

    @Test func theDeadlineHoldsWhileRedisIsAway() async throws {
        try await RedisServer.with { server async throws in
            let fleet = Fleet(name: StandIn.name, redis: server.client("test"))
            try await server.kill()
            let paper = Paper()
            let code = try await Follower(fleet: fleet, console: paper.console(.json)).follow(.random(), limit: .zero)
            #expect(code == .followerTimedOut)
            #expect(paper.data.last?.contains(#""exit_code":6"#) == true)
        }
    }

    @Test func whatIsWaitedForIsSaidInOneLine() {
        func target(_ host: String, _ state: JobState, _ step: Step? = nil) -> TargetOutcome {
            var target = TargetOutcome(host: HostName(accepted: host), service: Samples.apply)
            target.state = state
            target.step = step
            return target
        }
        let targets = [target("h1", .claimed, .restart), target("h2", .silent, .verify), target("h3", .waiting)]
        var picture = RolloutPicture(Samples.rollout(.running), targets)
        #expect(
            LineView.waiting(picture, since: 42_000)
                == "still running, nothing new for 42 s: h1 restart, h2 verify (no sign of life)")
        picture.take(Samples.event("step", "h1", .lease, "waiting", "bob has it\u{1b}[2J"))
        #expect(LineView.waiting(picture, since: 42_000).contains("h1 restart (waits: bob has it\\x1b[2J), h2"))
        #expect(
            LineView.waiting(RolloutPicture(Samples.rollout(.soaking), [target("h3", .waiting)]), since: 60_000)
                == "still soaking, nothing new for 1 min: no host has work")
    }
}
