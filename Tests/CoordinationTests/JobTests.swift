import Coordination
import DeployModel
import DeployProtocol
import Testing

/// The scripts of one job on their good path, judged by the raw keys; and that saying a thing twice is saying it once.
@Suite struct JobTests {
    @Test func submitWritesTheRolloutAndDispatchesTheFirstWave() async throws {
        try await Bench.with { bench in
            let order = try bench.order([("h1", ["s", "t"]), ("h2", ["s"])])
            let id = try await bench.submit(order)
            let rollout = try await bench.hash(bench.keys.rollout(id))
            let wanted = [
                "v": "1", "order": String(decoding: order.text, as: UTF8.self), "signature": "sig", "state": "running",
                "operator": "ada", "reason": "nightly", "op": "deploy", "source": "qt", "branch": "main",
                "commit": Bench.new, "sizes": "1 1", "targets": "3", "services": "s+t", "jobs": "2", "next": "2",
                "wave": "1", "wave_left": "0", "open": "1", "good_hosts": "0", "failed_hosts": "0", "max_failures": "0",
                "until": "4000000000000",
            ]
            for (name, value) in wanted { #expect(rollout[name] == value, "\(name)") }
            let targets = try await bench.hash(bench.keys.targets(id))
            #expect(targets["1"] == "h1" && targets["2"] == "h2" && targets["h1/services"] == "s+t")
            #expect(targets["h1/state"] == "dispatched" && targets["h1/op"] == "deploy" && targets["h1/attempt"] == "1")
            #expect(targets["h2/state"] == "waiting" && targets["h2/op"] == nil)
            let pending = try await bench.hash(bench.keys.pending(HostName(accepted: "h1")))
            #expect(Array(pending.keys) == ["\(id)/deploy/1"])
            let bell = try await bench.stream(bench.keys.commands(HostName(accepted: "h1")))
            #expect(bell == [["v=1", "rollout=\(id)", "op=deploy", "attempt=1"]])
            #expect(try await bench.allKeys().contains(bench.keys.commands(HostName(accepted: "h2"))) == false)
            let lease = try await bench.hash(bench.keys.lease(ServiceName(accepted: "t")))
            #expect(lease["rollout"] == id.text && lease["operator"] == "ada" && lease["reason"] == "nightly")
            #expect(try await Set(bench.members(bench.keys.timers)) == ["accept/\(id)/h1", "until/\(id)/"])
            #expect(try await bench.members(bench.keys.rollouts) == [id.text])
            let events = try await bench.stream(bench.keys.events(id)).map { $0[1...5].joined(separator: " ") }
            #expect(
                events == [
                    "kind=rollout host= service= step= state=queued", "kind=rollout host= service= step= state=running",
                    "kind=job host=h1 service= step= state=dispatched",
                ])
            let kinds = try await bench.stream(bench.keys.audit).map { "\($0[3]) \($0[8]) \($0[9]) \($0[10])" }
            #expect(kinds.suffix(3).first == "kind=submit service= from= to=queued")
            #expect(kinds.last == "kind=job service= from=waiting to=dispatched")
        }
    }

    // size: one job from its first call to its last, each with the keys that it leaves
    @Test func fromAcceptToVerdict() async throws {
        try await Bench.with { bench in
            let id = try await bench.submit(bench.order([("h1", ["s", "t"])]))
            let before = try await bench.dump()
            #expect(try await bench.pending("h1") == [id])
            #expect(try await bench.dump() == before)
            #expect(try await bench.call(.accept, id, "h1") == ["ok"])
            #expect(try await bench.pending("h1") == [])
            #expect(try await Set(bench.members(bench.keys.timers)) == ["silence/\(id)/h1", "until/\(id)/"])

            let floor = "8000000000000000"
            let granted = try await bench.call(.claim, id, "h1", floor)
            #expect(granted == ["ok", "8000000000000001", "30000"])
            for service in ["s", "t"] {
                let key = bench.keys.service(ServiceName(accepted: service))
                #expect(try await bench.hash(key) == ["token": granted[1]])
                let lease = try await bench.hash(bench.keys.lease(ServiceName(accepted: service)))
                #expect(lease["holder:h1"]?.hasPrefix(granted[1] + " ") == true)
            }
            let told = ["s", "checkout", "begun", "", "now", "", "fetch", "output", "12", "line"]
            #expect(try await bench.run(.step, [id.text, "h1", "deploy", "1", granted[1]] + told) == ["ok"])
            let events = try await bench.stream(bench.keys.events(id)).suffix(2).map { $0.joined(separator: " ") }
            #expect(
                events == [
                    "v=1 kind=step host=h1 service=s step=checkout state=begun ms= detail=now",
                    "v=1 kind=output host=h1 service= step=fetch state=output ms=12 detail=line",
                ])
            #expect(try await bench.call(.renew, id, "h1", granted[1]) == ["ok", "30000"])
            #expect(
                try await bench.report(id, "h1", token: granted[1], [("t", "verified"), ("s", "unchanged")]) == ["ok"])

            let results = try await bench.stream(bench.keys.results)
            #expect(
                results.first == [
                    "v=1", "rollout=\(id)", "host=h1", "service=t", "op=deploy", "attempt=1", "verdict=verified",
                    "commit=\(Bench.new)", "previous_commit=\(Bench.old)", "running_commit=\(Bench.new)", "step=verify",
                    "rule=", "error=", "operator=ada", "reason=nightly", "token=\(granted[1])", "started_at=t1",
                    "finished_at=t2",
                ])
            #expect(results.count == 2)
            let targets = try await bench.hash(bench.keys.targets(id))
            #expect(targets["h1/state"] == "ended" && targets["h1/s/verdict"] == "unchanged")
            #expect(targets["h1/t/evidence"] == "fact")
            let rollout = try await bench.hash(bench.keys.rollout(id))
            #expect(rollout["state"] == "succeeded" && rollout["open"] == "0" && rollout["good_hosts"] == "1")
            #expect(rollout["ended_at"]?.hasSuffix("Z") == true)
            #expect(try await bench.members(bench.keys.timers) == [])
            let service = try await bench.hash(bench.keys.service(ServiceName(accepted: "s")))
            #expect(service["verified:h1"] == Bench.new && service["before:h1"] == nil)
            #expect(try await bench.allKeys().allSatisfy { !$0.contains(":lease:") })
        }
    }

    @Test func theCommitBeforeIsKept() async throws {
        try await Bench.with { bench in
            let key = bench.keys.service(ServiceName(accepted: "s"))
            try await bench.send("HSET", key, "verified:h1", Bench.old)
            for _ in 0..<2 {
                let id = try await bench.submit(bench.order())
                try await bench.finish(id, "h1")
            }
            let service = try await bench.hash(key)
            #expect(service["verified:h1"] == Bench.new && service["before:h1"] == Bench.old)
            let failed = try await bench.submit(bench.order())
            try await bench.finish(failed, "h1", "reverted")
            #expect(try await bench.hash(key)["before:h1"] == Bench.old)
        }
    }

    // size: every call that may be repeated, on one rollout
    @Test func whatIsSaidTwiceIsSaidOnce() async throws {
        try await Bench.with { bench in
            let order = try bench.order()
            let id = try await bench.submit(order)
            let resent = try await bench.unchanged("submit again") {
                try await bench.fleet.submit(order, signature: [])
            }
            #expect(resent == .takenBefore)
            #expect(try await bench.call(.accept, id, "h1") == ["ok"])
            try await bench.unchanged("accept again") { try await bench.call(.accept, id, "h1") }
            let first = try await bench.call(.claim, id, "h1", "0")
            let second = try await bench.call(.claim, id, "h1", "0")
            #expect(first.first == "ok" && second.first == "ok")
            #expect(second == first, "the reply was lost: the same token")
            let entries = try await bench.stream(bench.keys.events(id)).filter { $0.contains("state=claimed") }
            #expect(entries.count == 1)
            #expect(try await bench.report(id, "h1", token: second[1], [("s", "verified")]) == ["ok"])
            let again = try await bench.unchanged("report again") {
                try await bench.report(id, "h1", token: second[1], [("s", "verified")])
            }
            #expect(again == ["again"])
            let other = try await bench.unchanged("another verdict afterwards") {
                try await bench.report(id, "h1", token: second[1], [("s", "failed")])
            }
            #expect(other == ["closed", "ended"])
            let late = try await bench.unchanged("submit after the end") {
                try await bench.fleet.submit(order, signature: [])
            }
            #expect(late == .takenBefore)
        }
    }

    @Test func aReportIsAgainOnlyWhenEveryVerdictIsTheSame() async throws {
        try await Bench.with { bench in
            let id = try await bench.submit(bench.order([("h1", ["s", "t"])]))
            let token = try await bench.claim(id, "h1")
            #expect(try await bench.report(id, "h1", token: token, [("s", "verified"), ("t", "verified")]) == ["ok"])
            let reply = try await bench.report(id, "h1", token: token, [("s", "verified"), ("t", "failed")])
            #expect(reply == ["closed", "ended"])
        }
    }

    @Test func aReportCoversExactlyTheJobsTargets() async throws {
        try await Bench.with { bench in
            let id = try await bench.submit(bench.order([("h1", ["s", "t"])]))
            let token = try await bench.claim(id, "h1")
            for verdicts in [
                [("s", "verified")], [("s", "verified"), ("u", "verified")], [("s", "verified"), ("s", "verified")],
                [("s", "verified"), ("t", "verified"), ("u", "verified")], [],
            ] {
                let reply = try await bench.unchanged("report of \(verdicts)") {
                    try await bench.report(id, "h1", token: token, verdicts)
                }
                #expect(reply == ["incomplete"])
            }
            let cut = try await bench.unchanged("a report whose last group is cut") {
                try await bench.run(
                    .report,
                    [id.text, "h1", "deploy", "1", token, ""] + Bench.verdict("s", "verified")
                        + Bench.verdict("t", "verified").dropLast())
            }
            #expect(cut == ["incomplete"])
            let event = try await bench.unchanged("an event that is cut") {
                try await bench.call(.step, id, "h1", token, "s", "fetch", "begun", "", "x", "s", "fetch")
            }
            #expect(event == ["incomplete"])
        }
    }

    /// The first call's answer may be lost, and the call itself arrive behind the second one.
    @Test func whoClaimsAgainKeepsItsToken() async throws {
        try await Bench.with { bench in
            let id = try await bench.submit(bench.order([("h1", ["s"])]))
            let token = try await bench.claim(id, "h1")
            for floor in ["0", token] {
                #expect(try await bench.call(.claim, id, "h1", floor) == ["ok", token, "30000"])
            }
            // A host that has seen a higher one asks a Redis that went back in time.
            let higher = String(try #require(Int64(token)) + 1000)
            let reply = try await bench.call(.claim, id, "h1", higher)
            #expect(try #require(Int64(reply[1])) > (try #require(Int64(higher))))
            for script in [Script.renew, .step] {
                let reply = try await bench.unchanged("\(script.name) with the old token") {
                    try await bench.call(script, id, "h1", token)
                }
                #expect(reply == ["superseded"])
            }
            #expect(try await bench.report(id, "h1", token: token, [("s", "verified")]) == ["superseded"])
            #expect(try await bench.report(id, "h1", token: reply[1], [("s", "verified")]) == ["ok"])
        }
    }

    @Test func withoutATokenOnlyWhatChangedNothing() async throws {
        try await Bench.with { bench in
            for (verdict, reply) in [
                ("refused", ["ok"]), ("failed", ["ok"]), ("verified", ["superseded"]), ("reverted", ["superseded"]),
            ] {
                let id = try await bench.submit(bench.order())
                #expect(try await bench.report(id, "h1", token: "", [("s", verdict)]) == reply)
                if reply != ["ok"] { #expect(try await bench.report(id, "h1", token: "", [("s", "failed")]) == ["ok"]) }
                #expect(try await bench.state(id) == "failed")
            }
        }
    }

    @Test func anotherAttemptAndAnotherOperationAreClosed() async throws {
        try await Bench.with { bench in
            let id = try await bench.submit(bench.order())
            for script in [Script.accept, .claim, .renew, .step] {
                for (operation, attempt) in [("deploy", "2"), ("revert", "1")] {
                    let reply = try await bench.unchanged("\(script.name) of \(operation) \(attempt)") {
                        try await bench.run(script, [id.text, "h1", operation, attempt, "0"])
                    }
                    #expect(reply.first == "closed")
                }
                let nobody = try await bench.unchanged("\(script.name) of an unknown rollout") {
                    try await bench.run(script, [RolloutID.random().text, "h1", "deploy", "1", "0"])
                }
                #expect(nobody == ["unknown"])
            }
        }
    }
}
