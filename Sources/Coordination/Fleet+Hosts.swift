package import DeployModel
import DeployProtocol
import RedisClient

/// A host as the fleet knows it.
package struct HostRecord: Sendable, Equatable {
    /// The host.
    package let name: HostName
    /// How it belongs to the fleet.
    package let membership: Membership
    /// The machine-id that its name is bound to, or `-`.
    package let machineID: String
    /// Who changed its membership last, and why.
    package let changedBy: String
    package let reason: String
    /// The last beat, by the server's clock; nil when there was none.
    package let lastBeat: Timestamp?
    /// `idle`, `busy` or `stopping`.
    package let state: String
    /// The agent's version, and the contract it speaks.
    package let agent: String
    package let contract: String
    /// The kernel's boot id.
    package let bootID: String
    /// The rollout that it works on, or empty, and the step.
    package let rollout: String
    package let step: String
    /// What it knows of its services, sorted.
    package let services: [ServiceFacts]

    /// How long ago it was heard, at the server's `now`, in milliseconds; nil for never.
    package func silence(at now: Timestamp) -> Int64? { lastBeat.map { max(0, now.milliseconds - $0.milliseconds) } }
}

/// What came of an enrolment.
package enum EnrolReply: Sendable, Equatable {
    /// Enrolled and bound to this machine-id, or to the first that beats (`-`).
    case enrolled(String)
    /// It was enrolled before.
    case before(String)
    /// Not done.
    case refused(Refusal)
}

extension Fleet {
    /// The server's clock.
    package func serverTime() async throws(CoordinationError) -> Timestamp {
        let parts = (try await call(["TIME"])).elements ?? []
        guard parts.count == 2, let seconds = parts[0].integerValue, let microseconds = parts[1].integerValue else {
            throw .contract("TIME", "no time in the reply")
        }
        return Timestamp(milliseconds: seconds * 1000 + microseconds / 1000)
    }

    /// All hosts that are enrolled or were ever heard, sorted by name. Names that nobody of us wrote are left out.
    package func hosts() async throws(CoordinationError) -> [HostRecord] {
        let memberships = HashFields(try await call(["HGETALL", keys.hosts]))
        let names = memberships.names.compactMap { try? HostName($0) }.sorted()
        if names.isEmpty { return [] }
        let replies: [RedisValue]
        do throws(RedisError) {
            replies = try await redis.pipeline(
                names.map { RedisCommand(words: ["HGETALL", keys.host($0)]) }, within: Self.patience)
        } catch {
            throw .redis(error)
        }
        return zip(names, replies).map { name, reply in
            Self.record(name, membership: memberships[name.text], facts: HashFields(reply))
        }
    }

    private static func record(_ name: HostName, membership: String, facts: HashFields) -> HostRecord {
        let parts = membership.split(separator: " ", maxSplits: 4, omittingEmptySubsequences: false).map(String.init)
        func part(_ index: Int) -> String { index < parts.count ? parts[index] : "" }
        return HostRecord(
            name: name, membership: Membership(rawValue: part(0)) ?? .seen, machineID: part(2), changedBy: part(3),
            reason: part(4), lastBeat: facts.number("beat_ms").map { Timestamp(milliseconds: $0) },
            state: facts["state"],
            agent: facts["agent"], contract: facts["contract"], bootID: facts["boot_id"], rollout: facts["rollout"],
            step: facts["step"], services: services(facts))
    }

    private static func services(_ facts: HashFields) -> [ServiceFacts] {
        let names = facts.names.compactMap { name -> ServiceName? in
            guard name.hasPrefix("service/"), name.hasSuffix("/source") else { return nil }
            return try? ServiceName(name.dropFirst("service/".count).dropLast("/source".count))
        }
        return names.sorted().map { service in
            let base = "service/\(service)/"
            return ServiceFacts(
                service: service, source: facts[base + "source"], unitState: facts[base + "unit_state"],
                canonicalPath: facts[base + "canonical_path"], user: facts[base + "user"],
                checkout: try? CommitID(facts[base + "checkout"]), branch: facts[base + "branch"],
                running: try? CommitID(facts[base + "running"]), basis: facts[base + "basis"],
                since: facts.number(base + "since").map { Timestamp(milliseconds: $0) })
        }
    }

    /// Makes a host a member of the fleet.
    ///
    /// - Parameters:
    ///   - host: the host.
    ///   - operatorName: who enrols it.
    ///   - reason: why.
    ///   - machineID: the machine to bind the name to; nil for the one that beats now, or the first that will.
    /// - Returns: the machine that the name is bound to, or the refusal.
    /// - Throws: when Redis or its contents fail.
    package func enrol(
        _ host: HostName, by operatorName: OperatorName, reason: Reason, machineID: String?
    ) async throws(CoordinationError) -> EnrolReply {
        let reply = try await run(.enrol, [host.text, name.text, operatorName.text, reason.text, machineID ?? ""])
        switch reply.code {
        case .ok: return .enrolled(reply[0])
        case .again: return .before(reply[0])
        case .otherMachine:
            return .refused(
                Refusal(
                    .otherMachine, "host \(host) is bound to machine \(VisibleText(reply[0]))",
                    remedy: "two machines must not share a name: give one another name in its agent.yaml"))
        case .version: return .refused(Self.otherVersion(reply[0]))
        case .otherFleet: return .refused(Self.otherFleet(reply[0]))
        default: throw reply.unexpected
        }
    }
}

extension Fleet {
    /// How long a host may be silent before it counts as down: `host_down_ms` of `meta`, or 90 s.
    package func hostDownAfter() async throws(CoordinationError) -> Duration {
        let set = (try await call(["HGET", keys.meta, "host_down_ms"])).text.flatMap { DecimalNumber.parse($0) }
        return .milliseconds(set ?? 90_000)
    }
}
