package import Coordination
import DeployModel

/// Asks the fleet what a deployment would find. Changes nothing.
package struct Planner: Sendable {
    private let fleet: Fleet
    private let console: Console

    /// A planner of one fleet.
    package init(fleet: Fleet, console: Console) {
        self.fleet = fleet
        self.console = console
    }

    /// How long the hosts' answers are waited for: git's remote may be slow, and each host asks it.
    static let patience: Duration = .seconds(45)
    /// A line at least this often while answers are waited for.
    static let silence: Duration = .seconds(5)

    /// The plan of a request.
    ///
    /// - Throws: ``OperatorError/refused(_:)`` when there is nobody to ask; what hosts refuse stands in the plan.
    package func plan(_ request: DeployRequest) async throws(OperatorError) -> Plan {
        let (records, now, downAfter) = try await reading { () async throws(CoordinationError) in
            (try await fleet.hosts(), try await fleet.serverTime(), try await fleet.hostDownAfter())
        }
        let scope = try Scope.of(request, among: records, now: now, downAfter: downAfter)
        var destination: CommitID?
        if request.purpose == .rollback, request.commit == nil {
            destination = try await self.destination(request, records.filter { scope.hosts.contains($0.name) })
        }
        let commit = destination ?? request.commit
        let answers = try await reading { () async throws(CoordinationError) in
            try await ask(request, commit, scope.hosts)
        }
        return Plan.make(
            request, targets: answers.targets, silent: answers.silent, destination: destination,
            incomplete: answers.incomplete, notes: scope.notes)
    }

    /// The commit to go back to, by what was verified on these hosts.
    private func destination(_ request: DeployRequest, _ hosts: [HostRecord]) async throws(OperatorError) -> CommitID {
        let targets = hosts.flatMap { host in
            host.services.filter { facts in
                (request.services.isEmpty || request.services.contains(facts.service))
                    && (request.source == nil || request.source?.text == facts.source)
            }.map { (host: host.name, service: $0.service) }
        }
        let verified = try await reading { () async throws(CoordinationError) in try await fleet.verified(targets) }
        return try RollbackChoice.destination(verified)
    }

    private func ask(
        _ request: DeployRequest, _ commit: CommitID?, _ hosts: [HostName]
    ) async throws(CoordinationError) -> Answers {
        let id = RolloutID.random()
        let services = request.services.isEmpty ? "*" : request.services.map(\.text).joined(separator: "+")
        let fields = [
            ("services", services), ("source", request.source?.text ?? ""), ("branch", request.branch?.text ?? ""),
            ("commit", commit?.text ?? ""), ("op", request.purpose.rawValue),
        ]
        try await fleet.ask(id, .plan, hosts, lasting: Self.patience, fields: fields)
        var answers = Answers(asked: hosts)
        var place = StreamPlace.beginning
        let began = ContinuousClock.now
        var lastLine = began
        while !answers.silent.isEmpty, ContinuousClock.now - began < Self.patience {
            for entry in try await fleet.answers(id, behind: &place, wait: .seconds(1)) { answers.take(entry) }
            if !answers.silent.isEmpty, ContinuousClock.now - lastLine > Self.silence {
                lastLine = .now
                let names = answers.silent.map(\.text).joined(separator: ", ")
                console.note("waiting for the answers of \(names), \(HumanDuration(Self.patience)) at most")
            }
        }
        return answers
    }
}
