import Coordination
import DeployModel
import DeployProtocol
import RedisClient
import TestSupport
import Testing

/// The server loses its scripts, its memory runs out, it restarts.
@Suite struct ServerFaultTests {
    @Test func scriptsThatTheServerLostAreSentAgain() async throws {
        try await Bench.with { bench in
            let first = try await bench.submit(bench.order())
            try await bench.finish(first, "h1")
            let id = try await bench.submit(bench.order())
            for script in [Script.accept, .claim, .renew] {
                try await bench.send("SCRIPT", "FLUSH", "SYNC")
                let token = try await bench.send("HGET", bench.keys.targets(id), "h1/token").text ?? ""
                #expect(try await bench.call(script, id, "h1", script.name == "claim" ? "0" : token).first == "ok")
            }
            let token = try await bench.send("HGET", bench.keys.targets(id), "h1/token").text ?? ""
            try await bench.send("SCRIPT", "FLUSH", "SYNC")
            #expect(try await bench.report(id, "h1", token: token, [("s", "verified")]) == ["ok"])
            #expect(try await bench.state(id) == "succeeded")
        }
    }

    @Test func atTheMemoryLimitWhatRunsIsStillHeard() async throws {
        try await Bench.with { bench in
            let id = try await bench.submit(bench.order([("h1", ["s"]), ("h2", ["s"])]))
            let token = try await bench.claim(id, "h1")
            let next = try bench.order([("h1", ["t"])])
            try await bench.send("CONFIG", "SET", "maxmemory-policy", "noeviction", "maxmemory", "1mb")
            let error = await #expect(throws: CoordinationError.self) {
                try await bench.fleet.submit(next, signature: [])
            }
            #expect(error?.description.contains("OOM") == true, "\(String(describing: error))")
            guard case .redis(.reply(let reply)) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(reply.kind == .degrade)
            #expect(try await bench.allKeys().contains(bench.keys.rollout(next.id)) == false)
            #expect(try await bench.call(.step, id, "h1", token, "", "verify", "begun", "", "") == ["ok"])
            #expect(try await bench.call(.renew, id, "h1", token) == ["ok", "30000"])
            #expect(try await bench.beat("h1")[1] == "enrolled")
            #expect(try await bench.pending("h2") == [])
            #expect(try await bench.report(id, "h1", token: token, [("s", "verified")]) == ["ok"])
            // The next wave is dispatched; to begin it, there must be memory.
            #expect(try await bench.pending("h2") == [id])
            await #expect(throws: RedisError.self) { try await bench.call(.accept, id, "h2") }
            try await bench.send("CONFIG", "SET", "maxmemory", "0")
            try await bench.finish(id, "h2")
            #expect(try await bench.state(id) == "succeeded")
        }
    }

    @Test func anEmptyServerKnowsNobody() async throws {
        try await Bench.with { bench in
            let order = try bench.order()
            let id = try await bench.submit(order)
            let attempt = AttemptName(rollout: id, host: HostName(accepted: "h1"), operation: .deploy, number: 1)
            try await bench.server.kill()
            try await bench.server.start()
            #expect(try await bench.fleet.accept(attempt) == .closed("unknown to Redis"))
            #expect(try await bench.fleet.claim(attempt, floor: 0) == .closed("unknown to Redis"))
            #expect(try await bench.fleet.renew(attempt, token: 5) == .lost("unknown to Redis"))
            try await bench.fleet.tell(attempt, token: 5, [StepEvent(step: .verify, state: .begun, detail: "")])
            #expect(try await bench.fleet.report(attempt, token: 5, detail: "", []) == .unknown)
            #expect(try await bench.fleet.pending(attempt.host).attempts == [])
            #expect(try await bench.fleet.rollout(id) == nil)
            #expect(try await bench.fleet.hosts() == [])
            #expect(try await bench.fleet.tick() == 0)
            guard case .refused(let refusal) = try await bench.fleet.submit(order, signature: []) else {
                Issue.record("taken without an enrolled host")
                return
            }
            #expect(refusal.rule == .hostNotEnrolled)
        }
    }
}
