import Coordination
import DeployModel
import TestSupport
import Testing

@testable import DeployOperator

/// `plan` and `deploy` from the question to the last line, against a real Redis and hosts that answer.
@Suite(.timeLimit(.minutes(5))) struct DeploymentTests {
    private func deployment(
        _ stage: StandIn, _ paper: Paper, _ home: String, _ form: Console.Form = .text
    ) -> Deployment {
        Deployment(
            fleet: stage.fleet, settings: stage.settings, files: UserFiles(environment: ["HOME": home]),
            console: paper.console(form))
    }

    @Test func aGoodDeploymentFromThePlanToTheSummary() async throws {
        try await TemporaryFolder.with { folder async throws in
            let home = "\(folder)"
            try await StandIn.with([.init(name: "h1"), .init(name: "h2")]) { stage async throws in
                let paper = Paper()
                let deployment = deployment(stage, paper, home)
                let prepared = try await deployment.prepare(Samples.all, isConfirmed: true)
                let signed = try #require(prepared)
                let order = signed.order
                #expect(order.hosts.map(\.text) == ["h1", "h2"])
                #expect(order.lines.map(\.expectedHead) == [Samples.old, Samples.old])
                try await deployment.submit(signed)
                #expect(try await deployment.follow(order, limit: nil) == .good)
                #expect(try UserFiles(environment: ["HOME": home]).lastRollout(StandIn.name) == order.id)
                #expect(paper.data.last == "all is well")
                #expect(paper.notes.contains { $0.hasSuffix("h1      | a line \\x1b[2J") })
                #expect(paper.notes.contains { $0.hasSuffix("h2  quantum-apply-layer  verify done  840 ms  6 checks") })
                let table = """
                    HOST  SERVICE              VERDICT   RUNS        WAS
                    h1    quantum-apply-layer  verified  bbbbbbbbbb  aaaaaaaaaa
                    h2    quantum-apply-layer  verified  bbbbbbbbbb  aaaaaaaaaa
                    """
                #expect(paper.data.contains(table))
            }
        }
    }

    @Test func aFailingFirstHostHaltsAndTheSecondIsNeverRung() async throws {
        try await TemporaryFolder.with { folder async throws in
            let home = "\(folder)"
            try await StandIn.with([.init(name: "h1", verdict: .reverted), .init(name: "h2")]) { stage async throws in
                let paper = Paper()
                let deployment = deployment(stage, paper, home)
                let prepared = try await deployment.prepare(Samples.all, isConfirmed: true)
                let signed = try #require(prepared)
                let order = signed.order
                try await deployment.submit(signed)
                #expect(try await deployment.follow(order, limit: nil) == .failedAndReverted)
                #expect(paper.data.contains { $0.contains("h2    quantum-apply-layer  skipped   -           -") })
                #expect(paper.data.contains("h1 quantum-apply-layer: process_died: it died"))
            }
        }
    }

    @Test func oneRefusedTargetAndNothingIsSubmitted() async throws {
        let dirty = StandIn.Host(name: "h2") { fields in
            fields["rule"] = "tracked_file_changed"
            fields["message"] = "main.py is changed"
            fields["remedy"] = "git stash"
        }
        try await StandIn.with([.init(name: "h1"), dirty]) { stage async throws in
            let paper = Paper()
            let error = await #expect(throws: OperatorError.self) {
                try await deployment(stage, paper, "/nowhere").prepare(Samples.all, isConfirmed: true)
            }
            #expect(error?.exitCode == .refused)
            #expect(
                paper.notes == [
                    "refused: h2 quantum-apply-layer: main.py is changed", "         git stash",
                ])
            #expect(try await stage.fleet.rollouts(newest: 9).isEmpty)
        }
    }

    @Test func aPermissionIsAnotherExitCode() async throws {
        let closed = StandIn.Host(name: "h1") { fields in
            fields["rule"] = "branch_not_allowed"
            fields["message"] = "branch x is not allowed"
        }
        try await StandIn.with([closed]) { stage async throws in
            let error = await #expect(throws: OperatorError.self) {
                try await deployment(stage, Paper(), "/nowhere").prepare(Samples.all, isConfirmed: true)
            }
            #expect(error?.exitCode == .notPermitted)
        }
    }

    /// What the fleet refuses was not submitted: `@last` stays what it was.
    @Test func aSecondOrderForTheSameServiceIsRefusedWithItsHolder() async throws {
        try await TemporaryFolder.with { folder async throws in
            let home = "\(folder)"
            try await RedisServer.with { server async throws in
                let stage = StandIn(server: server, fleet: Fleet(name: StandIn.name, redis: server.client("test")))
                try await stage.enrol("h1")
                let deployment = deployment(stage, Paper(), home)
                let now = try await stage.fleet.serverTime()
                let order = { (id: RolloutID) in
                    Plan.make(Samples.all, targets: [Samples.target("h1")], silent: [], notes: []).order(
                        Samples.all, fleet: StandIn.name, id: id, operatorName: StandIn.ann, serverTime: now,
                        created: now)
                }
                let first = try #require(order(.random()))
                try await deployment.submit(first.unsigned)
                // The same again is a no-op: what a lost reply leads to.
                try await deployment.submit(first.unsigned)
                let second = try #require(order(.random()))
                let error = await #expect(throws: OperatorError.self) { try await deployment.submit(second.unsigned) }
                #expect(error?.exitCode == .refused)
                #expect(error?.description.contains("qtctl follow \(first.id.short)") == true)
                #expect(try UserFiles(environment: ["HOME": home]).lastRollout(StandIn.name) == first.id)
            }
        }
    }

    @Test func aNoteThatCanNotBeKeptStopsNoDeployment() async throws {
        try await RedisServer.with { server async throws in
            let stage = StandIn(server: server, fleet: Fleet(name: StandIn.name, redis: server.client("test")))
            try await stage.enrol("h1")
            let now = try await stage.fleet.serverTime()
            let made = Plan.make(Samples.all, targets: [Samples.target("h1")], silent: [], notes: []).order(
                Samples.all, fleet: StandIn.name, id: .random(), operatorName: StandIn.ann, serverTime: now,
                created: now)
            let order = try #require(made)
            let paper = Paper()
            try await deployment(stage, paper, "/dev/null").submit(order.unsigned)
            #expect(paper.notes.contains { $0.contains("@last will not know rollout \(order.id.short)") })
            #expect(try await stage.fleet.rollout(order.id)?.state == .running)
        }
    }

    @Test func anOrderWhoseReplyIsLostIsUnsureAndNotRefused() async throws {
        try await TemporaryFolder.with { folder async throws in
            let home = "\(folder)"
            try await RedisServer.with { server async throws in
                let stage = StandIn(server: server, fleet: Fleet(name: StandIn.name, redis: server.client("test")))
                let made = Plan.make(Samples.all, targets: [Samples.target("h1")], silent: [], notes: []).order(
                    Samples.all, fleet: StandIn.name, id: .random(), operatorName: StandIn.ann, serverTime: Samples.now,
                    created: Samples.now)
                let order = try #require(made)
                try await server.kill()
                let deployment = deployment(stage, Paper(), home)
                let error = await #expect(throws: OperatorError.self) { try await deployment.submit(order.unsigned) }
                #expect(error?.exitCode == .broken)
                #expect(error?.rollout == order.id)
                #expect(error?.description.contains("qtctl show \(order.id.short)") == true)
            }
        }
    }

    /// The order is good, and only Redis is in doubt of itself: what waits is told once, and sent when the hold is over.
    @Test(arguments: [false, true]) func aHoldIsWaitedFor(isLeft: Bool) async throws {
        try await TemporaryFolder.with { folder async throws in
            let files = UserFiles(environment: ["HOME": "\(folder)"])
            try await RedisServer.with { server async throws in
                let stage = StandIn(server: server, fleet: Fleet(name: StandIn.name, redis: server.client("test")))
                try await stage.enrol("h1")
                try await server.setHold(of: StandIn.name, until: 4_000_000_000_000)
                let now = try await stage.fleet.serverTime()
                let made = Plan.make(Samples.all, targets: [Samples.target("h1")], silent: [], notes: []).order(
                    Samples.all, fleet: StandIn.name, id: .random(), operatorName: StandIn.ann, serverTime: now,
                    created: now)
                let order = try #require(made)
                let before = RolloutID.random()
                try files.noteLast(before, StandIn.name)
                let wire = Wire()
                let deployment = Deployment(
                    fleet: stage.fleet, settings: stage.settings, files: files, console: wire.console)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        // Left while the order is on its way, whether it was taken can't be known.
                        do throws(OperatorError) { try await deployment.submit(order.unsigned) } catch {
                            guard isLeft, case .unsure = error else { throw error }
                            try files.noteLast(before, StandIn.name)
                        }
                    }
                    #expect(await wire.until("waiting about").last?.contains("nothing new is granted") == true)
                    if isLeft { group.cancelAll() } else { try await server.endHold(of: StandIn.name) }
                    try await group.waitForAll()
                }
                #expect(try files.lastRollout(StandIn.name) == (isLeft ? before : order.id))
                #expect(try await stage.fleet.rollout(order.id)?.state == (isLeft ? nil : .running))
            }
        }
    }
}
