package import DeployModel
import DeployProtocol
import RedisClient

/// A service on a host.
package struct ServicePlace: Hashable, Sendable, Comparable {
    /// The host.
    package let host: HostName
    /// The service.
    package let service: ServiceName

    /// A place.
    package init(host: HostName, service: ServiceName) {
        self.host = host
        self.service = service
    }

    package static func < (left: ServicePlace, right: ServicePlace) -> Bool {
        (left.host, left.service) < (right.host, right.service)
    }
}

/// What an attempt at a service on a host ended as.
package struct LastVerdict: Sendable, Equatable {
    /// The verdict.
    package let verdict: Verdict
    /// The commit that was ordered; nil where that can't be read.
    package let commit: CommitID?
}

/// How the fleet's memory stands.
package struct FleetMemory: Sendable, Equatable {
    /// Until when nothing new is granted, by the server's clock; nil where no hold was ever written down.
    package let holdUntil: Timestamp?
    /// The last beat of any host, by the server's clock; nil for none.
    package let lastBeat: Timestamp?
    /// Whether a stream has ever refused an entry (`stream_error`).
    package let hasStreamError: Bool
    /// The number of entries of each stream that people read; one that can't be read is missing.
    package let entries: [FleetStream: Int64]
}

/// A stream that all of a fleet write to.
package enum FleetStream: String, Sendable, CaseIterable {
    case results, heartbeats, audit
}

/// The whole fleet at one look: everything is read by name, in parts of a bounded number of commands.
extension Fleet {
    /// Commands of one pipeline, and places that one command asks for, at most.
    private static let part = 100

    /// Since when each of these services is held by a rollout or by hand; services that nobody holds are missing.
    ///
    /// - Throws: when Redis fails.
    package func leases(of services: [ServiceName]) async throws(CoordinationError) -> [ServiceName: Timestamp] {
        let words = ["rollout", "since_ms"]
        let replies = try await inParts(services.map { ["HMGET", keys.lease($0)] + words })
        var held: [ServiceName: Timestamp] = [:]
        for (service, reply) in zip(services, replies) {
            let lease = HashFields(words, reply)
            if !lease["rollout"].isEmpty {
                held[service] = Timestamp(milliseconds: lease.number("since_ms") ?? 0)
            }
        }
        return held
    }

    /// The commit that was verified last at each of these places; places where none was are missing.
    ///
    /// - Throws: when Redis fails.
    package func verified(_ places: [ServicePlace]) async throws(CoordinationError) -> [ServicePlace: CommitID] {
        let replies = try await inParts(places.map { ["HGET", keys.service($0.service), "verified:\($0.host)"] })
        var commits: [ServicePlace: CommitID] = [:]
        for (place, reply) in zip(places, replies) { commits[place] = reply.text.flatMap { try? CommitID($0) } }
        return commits
    }

    /// What the last attempt at each of these places ended as, as far as these rollouts know, the newest of which stands first.
    /// A target that was skipped was not tried.
    ///
    /// - Throws: when Redis fails.
    package func lastVerdicts(
        of places: [ServicePlace], in rollouts: [RolloutID]
    ) async throws(CoordinationError) -> [ServicePlace: LastVerdict] {
        var found: [ServicePlace: LastVerdict] = [:]
        var open = places
        for id in rollouts where !open.isEmpty {
            let groups = stride(from: 0, to: open.count, by: Self.part).map {
                open[$0..<min($0 + Self.part, open.count)]
            }
            let names = groups.map { $0.flatMap(Self.verdictFields) }
            let replies = try await inParts(names.map { ["HMGET", keys.targets(id)] + $0 })
            for (index, group) in groups.enumerated() {
                let fields = HashFields(names[index], replies[index])
                for place in group { found[place] = Self.lastVerdict(place, fields) }
            }
            open.removeAll { found[$0] != nil }
        }
        return found
    }

    private static func lastVerdict(_ place: ServicePlace, _ fields: HashFields) -> LastVerdict? {
        let words = verdictFields(place).map { fields[$0] }
        return Verdict(rawValue: words[0]).map { LastVerdict(verdict: $0, commit: try? CommitID(words[1])) }
    }

    private static func verdictFields(_ place: ServicePlace) -> [String] {
        ["verdict", "commit"].map { "\(place.host)/\(place.service)/\($0)" }
    }

    /// How the fleet's memory and its streams stand.
    ///
    /// - Throws: when Redis fails.
    package func memory() async throws(CoordinationError) -> FleetMemory {
        let words = ["hold_until", "last_beat", "stream_error"]
        let streams: [(stream: FleetStream, key: String)] = FleetStream.allCases.map { stream in
            switch stream {
            case .results: (stream, keys.results)
            case .heartbeats: (stream, keys.heartbeats)
            case .audit: (stream, keys.audit)
            }
        }
        let replies = try await pipeline([["HMGET", keys.meta] + words] + streams.map { ["XLEN", $0.key] })
        let meta = HashFields(words, replies.first ?? .null)
        var entries: [FleetStream: Int64] = [:]
        for (stream, reply) in zip(streams, replies.dropFirst()) { entries[stream.stream] = reply.integerValue }
        return FleetMemory(
            holdUntil: meta.number("hold_until").map { Timestamp(milliseconds: $0) },
            lastBeat: meta.number("last_beat").map { Timestamp(milliseconds: $0) },
            hasStreamError: !meta["stream_error"].isEmpty, entries: entries)
    }

    private func inParts(_ commands: [[String]]) async throws(CoordinationError) -> [RedisValue] {
        var replies: [RedisValue] = []
        var rest = commands[...]
        while !rest.isEmpty {
            replies += try await pipeline(Array(rest.prefix(Self.part)))
            rest = rest.dropFirst(Self.part)
        }
        return replies
    }
}
