import Coordination
import DeployModel
import DeployProtocol
import RedisClient
import TestSupport

@testable import DeployOperator

/// A fleet on a real Redis, with hosts of which a test says what they answer and what their jobs come to.
struct StandIn: Sendable {
    let server: RedisServer
    let fleet: Fleet
    static let name = FleetName(accepted: "lab")
    static let ann = OperatorName(accepted: "ann")

    /// What one host has and does.
    struct Host: Sendable {
        var name: String
        /// What its only service's attempt ends as.
        var verdict: Verdict = .verified
        /// What it answers to a plan, over the sample.
        var change: @Sendable (inout [String: String]) -> Void = { _ in }
    }

    /// Enrols the hosts and lets them beat, answer and work until the body is done.
    static func with<Result: Sendable>(
        _ hosts: [Host], _ body: @escaping @Sendable (StandIn) async throws -> Result
    ) async throws -> Result {
        try await RedisServer.with { server async throws in
            let stage = StandIn(server: server, fleet: Fleet(name: name, redis: server.client("test")))
            for host in hosts { try await stage.enrol(host.name) }
            return try await withThrowingTaskGroup(of: Result?.self) { group in
                for host in hosts {
                    // Where the host listens from is fixed before anybody asks.
                    let own = Fleet(name: name, redis: server.client(host.name))
                    let place = try await own.bellEnd(HostName(accepted: host.name))
                    group.addTask {
                        try await live(host, own, place)
                        return nil
                    }
                }
                group.addTask { try await body(stage) }
                while let next = try await group.next() {
                    if let next {
                        group.cancelAll()
                        return next
                    }
                }
                throw CancellationError()
            }
        }
    }

    func enrol(_ host: String) async throws {
        let host = HostName(accepted: host)
        _ = try await fleet.enrol(host, by: Self.ann, reason: .none, machineID: nil)
        _ = try await fleet.beat(
            Beat(
                host: host, machineID: String(repeating: "1", count: 32), bootID: "b", agent: "test", state: "idle",
                attempt: nil, step: nil, services: Samples.host(host.text, services: [Samples.apply]).services))
        try await server.endHold(of: Self.name)
    }

    private static func live(_ host: Host, _ fleet: Fleet, _ start: StreamPlace) async throws {
        var place = start
        let name = HostName(accepted: host.name)
        do throws(CoordinationError) {
            while !Task.isCancelled {
                for bell in try await fleet.listen(name, behind: &place, wait: .seconds(5)) {
                    switch bell {
                    case .question(let id, _):
                        // As an agent does: what is no question is not answered.
                        if let asked = try? await fleet.question(id), asked.kind == .plan {
                            try await answer(id, host, fleet)
                        }
                    case .work:
                        for attempt in try await fleet.pending(name).attempts { try await work(attempt, host, fleet) }
                    case .malformed: continue
                    }
                }
            }
        } catch {
            guard Task.isCancelled else { throw error }
        }
    }

    private static func answer(_ id: RolloutID, _ host: Host, _ fleet: Fleet) async throws(CoordinationError) {
        var fields = [
            "type": "target", "service": Samples.apply.text, "source": "quantum_trader", "order": "10",
            "canonical_path": "/home/qt/quantum_trader", "unit_state": "active", "user": "qt",
            "checkout_commit": Samples.old.text, "checkout_branch": "main", "running_commit": Samples.old.text,
            "basis": "known", "branch": "main", "remote_commit": Samples.new.text, "ahead": "1",
            "subject": "a change", "via": "requested", "rule": "", "message": "", "remedy": "",
        ]
        host.change(&fields)
        let name = HostName(accepted: host.name)
        try await fleet.answer(id, from: name, fields.map { ($0.key, $0.value) })
        try await fleet.answer(id, from: name, [("type", "done"), ("targets", "1")])
    }

    private static func work(_ attempt: AttemptName, _ host: Host, _ fleet: Fleet) async throws(CoordinationError) {
        _ = try await fleet.accept(attempt)
        guard case .granted(let token, _) = try await fleet.claim(attempt, floor: 0) else { return }
        try await fleet.tell(
            attempt, token: token,
            [
                StepEvent(step: .verify, state: .begun, detail: ""),
                StepEvent(step: .verify, state: .output, detail: "a line \u{1b}[2J"),
                StepEvent(service: Samples.apply, step: .verify, state: .done, milliseconds: 840, detail: "6 checks"),
            ])
        let isGood = host.verdict.isGood
        _ = try await fleet.report(
            attempt, token: token, detail: "",
            [
                TargetReport(
                    service: Samples.apply, verdict: host.verdict, step: .verify, rule: isGood ? nil : .processDied,
                    error: isGood ? "" : "it died", commit: Samples.new, previousCommit: Samples.old,
                    runningCommit: isGood ? Samples.new : Samples.old, startedAt: Samples.now, finishedAt: Samples.now,
                    evidence: "ok unit: active")
            ])
    }
}

extension RedisServer {
    /// Lets the fleet begin at once although it is new to this server, and although nobody beats in it while a test goes on.
    func endHold(of fleet: FleetName) async throws { try await setHold(of: fleet, until: 0) }

    func setHold(of fleet: FleetName, until end: Int64) async throws {
        let words = ["HSET", Keys(fleet: fleet).meta, "hold_until", String(end), "away_ms", "1000000000"]
        _ = try await client("administrator").call(RedisCommand(words: words), within: .seconds(10))
    }
}

extension Order {
    /// As `qtctl` submits it with `signatures: off`.
    var unsigned: SignedOrder { SignedOrder(order: self, signature: [], words: "signatures: off") }
}

extension StandIn {
    var settings: OperatorSettings {
        OperatorSettings(fleet: Self.name, redis: "unix:/r", operatorName: Self.ann, signing: .off)
    }
}

/// A console whose lines a test can wait for.
struct Wire: Sendable {
    let console: Console
    private let lines: AsyncStream<String>

    init() {
        let (stream, continuation) = AsyncStream<String>.makeStream()
        lines = stream
        console = Console(form: .text, isUTC: true) { _, text in continuation.yield(String(text.dropLast())) }
    }

    /// The lines up to and with the first that holds `words`; the next call goes on behind it.
    func until(_ words: String) async -> [String] {
        var seen: [String] = []
        for await line in lines {
            seen.append(line)
            if line.contains(words) { break }
        }
        return seen
    }
}
