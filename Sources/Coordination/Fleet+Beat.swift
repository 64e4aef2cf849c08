package import DeployModel
import DeployProtocol

/// What a host says of itself with every beat.
package struct Beat: Sendable, Equatable {
    /// The host.
    package var host: HostName
    /// The machine-id that the name is bound to.
    package var machineID: String
    /// The kernel's boot id.
    package var bootID: String
    /// The agent's version.
    package var agent: String
    /// `idle`, `busy` or `stopping`.
    package var state: String
    /// The attempt that is worked on.
    package var attempt: AttemptName?
    /// Its step.
    package var step: Step?
    /// What it says of itself, for selecting hosts.
    package var labels: [LabelKey: LabelValue]
    /// Whether it demands signed orders: `required` or `off`.
    package var signatures: String
    /// The facts of each service.
    package var services: [ServiceFacts]

    /// A beat.
    package init(
        host: HostName, machineID: String, bootID: String, agent: String, state: String, attempt: AttemptName?,
        step: Step?, labels: [LabelKey: LabelValue] = [:], signatures: String = "", services: [ServiceFacts]
    ) {
        self.host = host
        self.machineID = machineID
        self.bootID = bootID
        self.agent = agent
        self.state = state
        self.attempt = attempt
        self.step = step
        self.labels = labels
        self.signatures = signatures
        self.services = services
    }
}

/// What a host knows of one of its services.
package struct ServiceFacts: Sendable, Hashable {
    /// The service.
    package var service: ServiceName
    /// The source that it is deployed from.
    package var source: String
    /// `active`, `failed`...: systemd's ActiveState.
    package var unitState: String
    /// The canonical path as systemd reports it, or empty.
    package var canonicalPath: String
    /// The unit's user.
    package var user: String
    /// The commit that is checked out there.
    package var checkout: CommitID?
    /// The branch that is checked out there.
    package var branch: String
    /// The commit that the process runs.
    package var running: CommitID?
    /// How that is known: `known`, `inferred`, `mixed`, `unknown`.
    package var basis: String
    /// When the process started, by the host's clock.
    package var since: Timestamp?

    /// The facts of a service.
    package init(
        service: ServiceName, source: String, unitState: String, canonicalPath: String, user: String,
        checkout: CommitID?,
        branch: String, running: CommitID?, basis: String, since: Timestamp?
    ) {
        self.service = service
        self.source = source
        self.unitState = unitState
        self.canonicalPath = canonicalPath
        self.user = user
        self.checkout = checkout
        self.branch = branch
        self.running = running
        self.basis = basis
        self.since = since
    }

    /// One word for the heartbeats' stream: `quantum-apply-layer=active@0123456789`.
    var word: String { "\(service)=\(unitState)@\(running?.short ?? basis)" }
}

/// What came of a beat.
package enum BeatReply: Sendable, Equatable {
    /// The host's membership, and the number of timers that are due.
    case heard(Membership, due: Int)
    /// The name is bound to another machine.
    case otherMachine(String)
}

/// How a host belongs to the fleet.
package enum Membership: String, Sendable, CaseIterable {
    /// It beats, and nobody has enrolled it: shown, never targeted.
    case seen
    case enrolled
    /// Enrolled, and left out of every order.
    case drained
}

extension Fleet {
    /// Says that the host is there.
    package func beat(_ beat: Beat) async throws(CoordinationError) -> BeatReply {
        let attempt = beat.attempt
        var arguments = [
            beat.host.text, beat.machineID, beat.bootID, beat.agent, ContractVersion.current, beat.state,
            attempt?.rollout.text ?? "", attempt?.operation.rawValue ?? "", attempt.map { String($0.number) } ?? "",
            beat.step?.rawValue ?? "", beat.services.map(\.word).joined(separator: " "),
        ]
        arguments += ["signatures", beat.signatures]
        for (key, value) in beat.labels.sorted(by: { $0.key < $1.key }) { arguments += ["label/\(key)", value.text] }
        for facts in beat.services { arguments += Self.fields(facts) }
        let reply = try await run(.heartbeat, arguments)
        switch reply.code {
        case .ok:
            return .heard(Membership(rawValue: reply[0]) ?? .seen, due: Int(DecimalNumber.parse(reply[2]) ?? 0))
        case .otherMachine: return .otherMachine(reply[0])
        default: throw reply.unexpected
        }
    }

    private static func fields(_ facts: ServiceFacts) -> [String] {
        let base = "service/\(facts.service)/"
        return [
            base + "source", facts.source, base + "unit_state", facts.unitState, base + "canonical_path",
            facts.canonicalPath, base + "user", facts.user, base + "checkout", facts.checkout?.text ?? "",
            base + "branch", facts.branch, base + "running", facts.running?.text ?? "", base + "basis", facts.basis,
            base + "since", facts.since.map { String($0.milliseconds) } ?? "",
        ]
    }

    /// Fires one timer that is due.
    ///
    /// - Returns: how many more are due.
    package func tick() async throws(CoordinationError) -> Int {
        let reply = try await run(.tick, [])
        switch reply.code {
        case .ok: return Int(DecimalNumber.parse(reply[0]) ?? 0)
        case .none: return 0
        default: throw reply.unexpected
        }
    }
}
