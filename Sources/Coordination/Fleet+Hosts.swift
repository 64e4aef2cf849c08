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
    /// When its membership was changed last, who did it, and why.
    package let changed: Timestamp
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
    /// Whether it demands signed orders: `required` or `off`; empty when its agent does not say.
    package let signatures: String
    /// What it says of itself.
    package let labels: [LabelKey: LabelValue]
    /// What it knows of its services, sorted.
    package let services: [ServiceFacts]

    /// How long ago it was heard, at the server's `now`, in milliseconds; nil for never.
    package func silence(at now: Timestamp) -> Int64? { lastBeat.map { max(0, now.milliseconds - $0.milliseconds) } }
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
        let replies = try await pipeline(names.map { ["HGETALL", keys.host($0)] })
        return zip(names, replies).map { name, reply in
            Self.record(name, membership: memberships[name.text], facts: HashFields(reply))
        }
    }

    private static func record(_ name: HostName, membership: String, facts: HashFields) -> HostRecord {
        let parts = membership.split(separator: " ", maxSplits: 4, omittingEmptySubsequences: false).map(String.init)
        func part(_ index: Int) -> String { index < parts.count ? parts[index] : "" }
        return HostRecord(
            name: name, membership: Membership(rawValue: part(0)) ?? .seen, machineID: part(2),
            changed: Timestamp(milliseconds: DecimalNumber.parse(part(1)) ?? 0), changedBy: part(3),
            reason: part(4), lastBeat: facts.number("beat_ms").map { Timestamp(milliseconds: $0) },
            state: facts["state"],
            agent: facts["agent"], contract: facts["contract"], bootID: facts["boot_id"], rollout: facts["rollout"],
            step: facts["step"], signatures: facts["signatures"], labels: labels(facts), services: services(facts))
    }

    private static func labels(_ facts: HashFields) -> [LabelKey: LabelValue] {
        var labels: [LabelKey: LabelValue] = [:]
        for name in facts.names where name.hasPrefix("label/") {
            guard let key = try? LabelKey(name.dropFirst("label/".count)), let value = try? LabelValue(facts[name])
            else {
                continue
            }
            labels[key] = value
        }
        return labels
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

    /// How long a host may be silent before it counts as down: `host_down_ms` of `meta`, or 90 s.
    package func hostDownAfter() async throws(CoordinationError) -> Duration {
        let set = (try await call(["HGET", keys.meta, "host_down_ms"])).text.flatMap { DecimalNumber.parse($0) }
        return .milliseconds(set ?? 90_000)
    }
}
