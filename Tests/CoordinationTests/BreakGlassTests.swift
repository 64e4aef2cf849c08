import Coordination
import DeployModel
import DeployProtocol
import RedisClient
import Testing

/// What somebody deploys by hand: published once, with a lease that is a courtesy and always ends.
@Suite struct BreakGlassTests {
    private static let h1 = HostName(accepted: "h1")
    private static let s = ServiceName(accepted: "s")
    private static let t = ServiceName(accepted: "t")

    private static func deployment(
        _ bench: Bench, machine: String = "m-h1", services: [String] = ["s", "t"]
    ) throws -> BreakGlassDeployment {
        BreakGlassDeployment(order: try bench.order([("h1", services)]), host: h1, machineID: machine)
    }

    private static func targets(_ verdict: Verdict = .verified, services: [ServiceName] = [s, t]) -> [TargetReport] {
        services.map { service in
            TargetReport(
                service: service, verdict: verdict, step: .verify, rule: verdict.isGood ? nil : .processDied,
                error: verdict.isGood ? "" : "died", commit: CommitID(accepted: Bench.new),
                previousCommit: CommitID(accepted: Bench.old), runningCommit: CommitID(accepted: Bench.new),
                startedAt: Timestamp(milliseconds: 1_000), finishedAt: Timestamp(milliseconds: 9_000),
                evidence: "ok unit")
        }
    }

    private static let patience: Duration = .seconds(10)

    // size: one publication with every key that it leaves
    @Test func whatWasDoneByHandIsPublishedWithAllThatARolloutLeaves() async throws {
        try await Bench.with { bench in
            let one = try Self.deployment(bench)
            let name = one.order.id.breakGlassName
            try await bench.send("HSET", bench.keys.service(Self.s), "verified:h1", Bench.old, "token", "7")
            #expect(try await bench.fleet.publish(one, detail: "recovered", Self.targets()) == .taken)

            let results = try await bench.stream(bench.keys.results)
            #expect(
                results.first == [
                    "v=1", "rollout=\(name)", "host=h1", "service=s", "op=deploy", "attempt=1", "verdict=verified",
                    "commit=\(Bench.new)", "previous_commit=\(Bench.old)", "running_commit=\(Bench.new)", "step=verify",
                    "rule=", "error=", "operator=ada", "reason=nightly", "token=",
                    "started_at=1970-01-01T00:00:01.000Z", "finished_at=1970-01-01T00:00:09.000Z",
                ])
            #expect(results.count == 2)
            let audit = try #require(try await bench.stream(bench.keys.audit).last)
            #expect(
                audit[3...11] == [
                    "kind=break_glass", "operator=ada", "reason=nightly", "rollout=\(name)", "host=h1", "service=s+t",
                    "from=begun", "to=verified", "detail=deploy \(Bench.new) of qt",
                ])
            let service = try await bench.hash(bench.keys.service(Self.s))
            #expect(service == ["verified:h1": Bench.new, "before:h1": Bench.old, "token": "7"])
            #expect(try await bench.hash(bench.keys.service(Self.t)) == ["verified:h1": Bench.new])

            let record = try #require(try await bench.fleet.rollout(one.order.id))
            #expect(record.state == .succeeded && record.breakGlassHost == Self.h1 && record.stateDetail == "recovered")
            #expect(record.shortName == one.order.id.breakGlassShort && record.hosts == 1 && record.targets == 2)
            #expect(record.submitted.milliseconds == 1_000 && record.ended?.milliseconds == 9_000)
            #expect(try await bench.fleet.orderText(one.order.id) == .whole(text: one.order.text, signature: []))
            let outcomes = try await bench.fleet.targets(one.order.id, state: record.state)
            #expect(outcomes.map(\.verdict) == [.verified, .verified] && outcomes.map(\.service) == [Self.s, Self.t])
            #expect(try await bench.fleet.evidence(one.order.id, Self.h1, Self.t) == "ok unit")
            #expect(try await bench.members(bench.keys.breakGlass) == [one.order.id.text])
            #expect(try await bench.fleet.rollouts(newest: 1).map(\.id) == [one.order.id])
            for text in [name, one.order.id.breakGlassShort, one.order.id.short] {
                #expect(try await bench.fleet.resolve(text) == one.order.id)
            }
            #expect(try await bench.members(bench.keys.timers) == [])
        }
    }

    @Test func theSameReportTwiceIsWrittenOnce() async throws {
        try await Bench.with { bench in
            let one = try Self.deployment(bench)
            #expect(try await bench.fleet.publish(one, detail: "", Self.targets()) == .taken)
            let again = try await bench.unchanged("publish again") {
                try await bench.fleet.publish(one, detail: "", Self.targets())
            }
            #expect(again == .taken)
            // The daemon and `qtagent deploy` may speak at once; and another's order under this id is not ours.
            var other = one
            other.order.reason = try Reason("another")
            let conflict = try await bench.unchanged("another order") {
                try await bench.fleet.publish(other, detail: "", Self.targets())
            }
            #expect(conflict == .closed("conflict"))
            let late = try await bench.unchanged("a lease asked for too late") {
                try await bench.fleet.holdByHand(one, within: Self.patience)
            }
            #expect(late == .closed("published"))
        }
    }

    @Test(arguments: [Verdict.reverted, .failed, .revertFailed]) func whatFailedIsNoVerifiedCommit(
        verdict: Verdict
    ) async throws {
        try await Bench.with { bench in
            let one = try Self.deployment(bench)
            #expect(try await bench.fleet.publish(one, detail: "", Self.targets(verdict)) == .taken)
            #expect(try await bench.fleet.rollout(one.order.id)?.state == .failed)
            #expect(
                try await bench.stream(bench.keys.results).map { $0[6] }
                    == Array(repeating: "verdict=\(verdict.rawValue)", count: 2))
            #expect(try await bench.allKeys().contains(bench.keys.service(Self.s)) == false)
        }
    }

    @Test func theLeaseKeepsOrdersOutUntilItIsPublished() async throws {
        try await Bench.with { bench in
            let one = try Self.deployment(bench)
            #expect(try await bench.fleet.holder(of: [Self.s, Self.t], within: Self.patience) == nil)
            #expect(try await bench.fleet.holdByHand(one, within: Self.patience) == .held(lasts: .seconds(1_000_000)))
            let since = try await bench.hash(bench.keys.lease(Self.s))["since_ms"]
            #expect(try await bench.fleet.holdByHand(one, within: Self.patience) == .held(lasts: .seconds(1_000_000)))
            #expect(try await bench.hash(bench.keys.lease(Self.s))["since_ms"] == since)
            let begun = try await bench.stream(bench.keys.audit).filter { $0.contains("kind=break_glass") }
            #expect(begun.count == 1 && begun.first?.contains("to=begun") == true)

            let holder = try #require(try await bench.fleet.holder(of: [Self.t], within: Self.patience))
            #expect(holder.holder == one.order.id.breakGlassName && holder.reason == "nightly")
            #expect(holder.description.contains("break-glass \(one.order.id.breakGlassShort) of ada"))
            let order = try bench.order([("h2", ["t"])])
            guard case .refused(let refusal) = try await bench.fleet.submit(order, signature: []) else {
                Issue.record("submitted over a lease by hand")
                return
            }
            #expect(refusal.rule == .serviceBusy && refusal.message.contains(one.order.id.breakGlassShort))
            #expect(refusal.message.contains("nightly") && !refusal.remedy.contains("qtctl follow"))

            #expect(try await bench.fleet.publish(one, detail: "", Self.targets()) == .taken)
            #expect(try await bench.allKeys().allSatisfy { !$0.contains(":lease:") })
            #expect(try await bench.members(bench.keys.timers) == [])
            #expect(try await bench.fleet.submit(order, signature: []) == .taken)
        }
    }

    @Test func theLeaseOfAHostThatIsNotHeardEnds() async throws {
        try await Bench.with { bench in
            let one = try Self.deployment(bench)
            _ = try await bench.fleet.holdByHand(one, within: Self.patience)
            #expect(try await bench.fire("hand/\(one.order.id)/s"))
            #expect(try await bench.fleet.holder(of: [Self.s], within: Self.patience) == nil)
            #expect(try await bench.fleet.holder(of: [Self.t], within: Self.patience) != nil)
            #expect(try await bench.stream(bench.keys.audit).last?.contains("to=silent") == true)
            #expect(try await bench.fire("hand/\(one.order.id)/t"))
            // Whoever has it by then keeps it, and the report is taken all the same.
            let id = try await bench.submit(bench.order([("h2", ["s"])]))
            try await bench.send("ZADD", bench.keys.timers, "0", "hand/\(one.order.id)/s")
            try await bench.fireDue()
            #expect(try await bench.fleet.publish(one, detail: "", Self.targets()) == .taken)
            #expect(try await bench.hash(bench.keys.lease(Self.s))["rollout"] == id.text)
        }
    }

    @Test func whatARolloutHoldsIsSaidAndNotTaken() async throws {
        try await Bench.with { bench in
            let id = try await bench.submit(bench.order([("h2", ["t"])]))
            let one = try Self.deployment(bench)
            let reply = try await bench.unchanged("hand over a rollout") {
                try await bench.fleet.holdByHand(one, within: Self.patience)
            }
            guard case .taken(let holder) = reply else {
                Issue.record("\(reply)")
                return
            }
            #expect(holder.holder == id.text && holder.service == "t" && holder.operatorName == "ada")
            #expect(try await bench.fleet.holder(of: [Self.s, Self.t], within: Self.patience)?.holder == id.text)
            #expect(try await bench.fleet.publish(one, detail: "", Self.targets()) == .taken)
            #expect(try await bench.hash(bench.keys.lease(Self.t))["rollout"] == id.text)
            // The host's own job goes on undisturbed.
            try await bench.send("HSET", bench.keys.meta, "hold_until", "4000000000000")
            let other = try Self.deployment(bench, services: ["u"])
            #expect(try await bench.fleet.holdByHand(other, within: Self.patience) == .onHold)
        }
    }

    @Test func aStrangerPublishesNothing() async throws {
        try await Bench.with { bench in
            let one = try Self.deployment(bench, machine: "another")
            let reply = try await bench.unchanged("publish of another machine") {
                try await bench.fleet.publish(one, detail: "", Self.targets())
            }
            guard case .refused(let refusal) = reply else {
                Issue.record("\(reply)")
                return
            }
            #expect(refusal.rule == .otherMachine)
            try await bench.send("HSET", bench.keys.meta, "v", "2")
            let mine = try Self.deployment(bench)
            let version = try await bench.unchanged("hand in another contract") {
                try await bench.fleet.holdByHand(mine, within: Self.patience)
            }
            guard case .refused(let refusal) = version else {
                Issue.record("\(version)")
                return
            }
            #expect(refusal.rule == .contractVersion)
        }
    }

    /// A Redis that was emptied knows no host: what was done is true all the same.
    @Test func aHostThatNobodyEnrolledIsBelieved() async throws {
        try await Bench.with([]) { bench in
            let one = try Self.deployment(bench)
            #expect(try await bench.fleet.publish(one, detail: "", Self.targets()) == .taken)
        }
    }

    @Test(arguments: ["timers", "rollouts", "break_glass", "hosts", "service:t", "rollout"])
    func publishIsAllOrNothing(name: String) async throws {
        try await Bench.with { bench in
            let one = try Self.deployment(bench)
            let key = name == "rollout" ? bench.keys.rollout(one.order.id) : String(bench.keys.meta.dropLast(4)) + name
            try await bench.send("DEL", key)
            try await bench.send("SET", key, "x")
            try await bench.unchanged("publish over \(name)") {
                await #expect(throws: CoordinationError.self) {
                    try await bench.fleet.publish(one, detail: "", Self.targets())
                }
            }
        }
    }

    /// What people read, and another type where a lease stands, keep the truth from nobody.
    @Test(arguments: ["results", "audit", "lease:s"]) func noStreamKeepsAPublicationBack(name: String) async throws {
        try await Bench.with { bench in
            let key = String(bench.keys.meta.dropLast(4)) + name
            try await bench.send("DEL", key)
            try await bench.send("SET", key, "x")
            let one = try Self.deployment(bench)
            #expect(try await bench.fleet.publish(one, detail: "", Self.targets()) == .taken)
            #expect(try await bench.hash(bench.keys.service(Self.s))["verified:h1"] == Bench.new)
        }
    }

    @Test func aReportThatIsCutShortIsIncomplete() async throws {
        try await Bench.with { bench in
            let head = [
                "0", "h1", "m-h1", bench.fleet.name.text, "ada", "r", "o", "qt", "main", Bench.new, "1", "2", "",
            ]
            let group = Bench.verdict("s", "verified")
            for tail in [[], Array(group.dropLast()), group + ["t"], group + group] {
                let reply = try await bench.unchanged("publish of \(tail.count) words") {
                    try await bench.run(.publish, head + tail)
                }
                #expect(reply == ["incomplete"])
            }
        }
    }

    @Test func theOldestGo() async throws {
        try await Bench.with { bench in
            let one = try Self.deployment(bench)
            #expect(try await bench.fleet.publish(one, detail: "", Self.targets()) == .taken)
            // As if 999 more had been published since.
            try await bench.beat("h1")
            for number in 1...999 {
                try await bench.send("ZADD", bench.keys.breakGlass, "4000000000000", "x\(number)")
            }
            let next = try Self.deployment(bench)
            #expect(try await bench.fleet.publish(next, detail: "", Self.targets()) == .taken)
            #expect(try await bench.members(bench.keys.breakGlass).count == 1_000)
            #expect(try await bench.fleet.rollouts(newest: 10).map(\.id) == [next.order.id])
            #expect(try await bench.allKeys().allSatisfy { !$0.contains(one.order.id.text) })
        }
    }

    /// A full Redis still learns what runs.
    @Test func aFullRedisTakesAPublication() async throws {
        try await Bench.with { bench in
            try await bench.send("CONFIG", "SET", "maxmemory", "1")
            let one = try Self.deployment(bench)
            await #expect(throws: CoordinationError.self) {
                try await bench.fleet.holdByHand(one, within: Self.patience)
            }
            #expect(try await bench.fleet.publish(one, detail: "", Self.targets()) == .taken)
        }
    }
}
