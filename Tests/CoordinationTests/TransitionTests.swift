import Coordination
import DeployModel
import DeployProtocol
import Testing

/// `states.tsv` against the scripts: every state of a job with every event, on a real server.
@Suite struct TransitionTests {
    private static let jobRows = TransitionTable.current.rows.filter { $0.machine == "job" }

    /// Brings host h1 of a new rollout into a state; h2 stays in `waiting`.
    private static func job(
        in state: JobState, _ bench: Bench
    ) async throws -> (id: RolloutID, host: String, token: String) {
        let id = try await bench.submit(bench.order([("h1", ["s"]), ("h2", ["s"])], maxFailures: 5))
        switch state {
        case .waiting: return (id, "h2", "")
        case .dispatched: return (id, "h1", "")
        case .accepted:
            #expect(try await bench.call(.accept, id, "h1") == ["ok"])
            return (id, "h1", "")
        case .claimed: return (id, "h1", try await bench.claim(id, "h1"))
        case .silent:
            let token = try await bench.claim(id, "h1")
            #expect(try await bench.fire("silence/\(id)/h1"))
            return (id, "h1", token)
        case .ended:
            let token = try await bench.claim(id, "h1")
            #expect(try await bench.report(id, "h1", token: token, [("s", "verified")]) == ["ok"])
            return (id, "h1", token)
        }
    }

    /// What the event brings; nil for a timer, which has no reply.
    private static func happen(
        _ event: String, _ job: (id: RolloutID, host: String, token: String), _ bench: Bench
    ) async throws -> String? {
        let timers = ["accept_timeout": "accept", "silence": "silence", "give_up": "unknown"]
        if let timer = timers[event] {
            // Also where no such timer stands: one that comes at the wrong time must do nothing.
            try await bench.send("ZADD", bench.keys.timers, "0", "\(timer)/\(job.id)/\(job.host)")
            try await bench.fireDue()
            return nil
        }
        switch event {
        case "accept": return try await bench.call(.accept, job.id, job.host).first
        case "claim": return try await bench.call(.claim, job.id, job.host, "0").first
        case "renew": return try await bench.call(.renew, job.id, job.host, job.token).first
        default:
            let verdict = job.token.isEmpty ? "refused" : "verified"
            return try await bench.report(job.id, job.host, token: job.token, [("s", verdict)]).first
        }
    }

    @Test(
        arguments: JobState.allCases,
        ["accept", "claim", "renew", "report", "accept_timeout", "silence", "give_up"])
    func everyStateWithEveryEvent(state: JobState, event: String) async throws {
        try await Bench.with { bench in
            let job = try await Self.job(in: state, bench)
            #expect(try await bench.job(job.id, job.host) == state.rawValue)
            let row = Self.jobRows.first { $0.state == state.rawValue && $0.event == event }
            let before = try await bench.dump()
            let reply = try await Self.happen(event, job, bench)
            let now = try await bench.job(job.id, job.host)
            if let new = row?.new {
                #expect(now == new)
                #expect(reply == nil || ["ok", "again"].contains(reply))
            } else {
                #expect(now == state.rawValue)
                #expect(reply == row?.refusal, "\(state) \(event)")
                #expect(try await bench.dump() == before)
            }
        }
    }

    @Test func everyRowIsCovered() {
        let called: Set = ["accept", "claim", "renew", "report", "accept_timeout", "silence", "give_up"]
        // Dispatch is part of submit and of every settling; skip is read, never written.
        #expect(Set(Self.jobRows.map(\.event)) == called.union(["dispatch", "skip"]))
        #expect(Set(Self.jobRows.map(\.state)) == Set(JobState.allCases.map(\.rawValue)))
    }

    /// The other refusal of a row: the guard says no although the table has a move.
    @Test(arguments: ["claimed", "silent"]) func aStaleTokenIsSuperseded(state: String) async throws {
        try await Bench.with { bench in
            let job = try await Self.job(in: JobState(rawValue: state) ?? .claimed, bench)
            for token in ["", "1", job.token + "0"] {
                // What was told before the claim may arrive behind it, so an event without a token is taken.
                for script in token.isEmpty ? [Script.renew] : [.renew, .step] {
                    let reply = try await bench.unchanged("\(script.name) in \(state)") {
                        try await bench.call(script, job.id, job.host, token)
                    }
                    #expect(reply == ["superseded"])
                }
                let reply = try await bench.unchanged("report in \(state)") {
                    try await bench.report(job.id, job.host, token: token, [("s", "failed")])
                }
                #expect(reply == ["superseded"])
            }
        }
    }
}
