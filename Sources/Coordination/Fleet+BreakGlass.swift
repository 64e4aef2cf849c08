package import DeployModel
import DeployProtocol
import RedisClient

/// A deployment that somebody made by hand on a host, in the words of the fleet.
package struct BreakGlassDeployment: Sendable, Equatable {
    /// What was done: the order that nobody submitted, for the one host in it.
    package var order: Order
    /// The host.
    package var host: HostName
    /// The machine-id of the host, so that nobody speaks under another's name.
    package var machineID: String

    /// A deployment by hand.
    package init(order: Order, host: HostName, machineID: String) {
        self.order = order
        self.host = host
        self.machineID = machineID
    }

    /// What its scripts begin with: `id host machine_id fleet operator reason`.
    fileprivate var arguments: [String] {
        [order.id.text, host.text, machineID, order.fleet.text, order.operatorName.text, order.reason.text]
    }
}

/// What came of asking for the lease of a deployment by hand.
package enum HandLeaseReply: Sendable, Equatable {
    /// Held until `lasts` after it was asked for last.
    case held(lasts: Duration)
    /// Somebody else has one of the services.
    case taken(LeaseHolder)
    /// Redis lost its memory; nothing is granted until leases have run out.
    case onHold
    /// It is over already.
    case closed(String)
    /// The fleet does not let this host speak.
    case refused(Refusal)
}

/// What came of publishing a deployment by hand.
package enum PublishReply: Sendable, Equatable {
    /// Taken, now or when it was first sent.
    case taken
    /// Not taken, and never will be; why.
    case closed(String)
    /// Not taken as things are: a person has to mend something.
    case refused(Refusal)
}

extension Fleet {
    /// Who holds one of the services at this moment; nil when they are free. Changes nothing.
    package func holder(
        of services: [ServiceName], within limit: Duration
    ) async throws(CoordinationError) -> LeaseHolder? {
        let fields = ["rollout", "operator", "since_ms", "reason"]
        let commands = [["TIME"]] + services.map { ["HMGET", keys.lease($0)] + fields }
        let replies = try await pipeline(commands, within: limit)
        let now = (replies.first?.elements?.first?.text).flatMap { DecimalNumber.parse($0) } ?? 0
        for (service, reply) in zip(services, replies.dropFirst()) {
            if case .error(let error) = reply { throw .contract(keys.lease(service), "\(VisibleText(error.message))") }
            let lease = (reply.elements ?? []).map { $0.text ?? "" }
            guard lease.count == fields.count, !lease[0].isEmpty else { continue }
            return LeaseHolder(
                service: service.text, holder: lease[0], operatorName: lease[1],
                age: Self.age(from: lease[2], to: String(now * 1000)), reason: lease[3])
        }
        return nil
    }

    /// Takes the lease of all services of a deployment by hand, or none of them; prolongs it when asked again.
    package func holdByHand(
        _ deployment: BreakGlassDeployment, within limit: Duration
    ) async throws(CoordinationError) -> HandLeaseReply {
        let services = deployment.order.lines(of: deployment.host).flatMap(\.services).map(\.text)
        let reply = try await run(
            .hand, deployment.arguments + [services.joined(separator: "+")], within: limit)
        switch reply.code {
        case .ok:
            guard let lasts = DecimalNumber.parse(reply[0]) else { throw reply.unexpected }
            return .held(lasts: .milliseconds(lasts))
        case .held:
            return .taken(
                LeaseHolder(
                    service: reply[0], holder: reply[1], operatorName: reply[2],
                    age: Self.age(from: reply[3], to: reply[4]), reason: reply[5]))
        case .hold: return .onHold
        case .closed: return .closed(reply[0])
        default: return .refused(try Self.strangerRefusal(reply, deployment))
        }
    }

    /// Publishes what a deployment by hand came to, and gives its lease back. Safe to repeat.
    package func publish(
        _ deployment: BreakGlassDeployment, detail: String, _ targets: [TargetReport]
    ) async throws(CoordinationError) -> PublishReply {
        let order = deployment.order
        let begun = targets.map(\.startedAt).min() ?? order.created
        let ended = targets.map(\.finishedAt).max() ?? begun
        let reply = try await run(
            .publish,
            bytes: deployment.arguments.map { Array($0.utf8) } + [order.text]
                + ([
                    order.source.text, order.branch.text, order.commit.text, String(begun.milliseconds),
                    String(ended.milliseconds), detail,
                ] + targets.flatMap(\.arguments)).map { Array($0.utf8) })
        switch reply.code {
        case .ok, .again: return .taken
        case .conflict, .incomplete: return .closed(reply.code.rawValue)
        default: return .refused(try Self.strangerRefusal(reply, deployment))
        }
    }

    private static func strangerRefusal(
        _ reply: Reply, _ deployment: BreakGlassDeployment
    ) throws(CoordinationError) -> Refusal {
        switch reply.code {
        case .version: return otherVersion(reply[0])
        case .otherFleet:
            return Refusal(
                .otherFleet, "the state under this name belongs to fleet \(VisibleText(reply[0]))",
                remedy: "check fleet and redis in agent.yaml")
        case .otherMachine:
            return Refusal(
                .otherMachine,
                "host \(deployment.host) is bound to machine \(VisibleText(reply[0])), this is \(deployment.machineID)",
                remedy: "two machines must not share a name: give one another name in its agent.yaml")
        default: throw reply.unexpected
        }
    }
}
