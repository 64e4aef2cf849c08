import Coordination
import DeployModel

/// A fleet at one moment, for its metrics.
struct FleetCounts: Sendable {
    /// Rollouts that are looked at, the newest: as many as are kept for 90 days at least.
    static let mostRollouts = 200
    /// Services on hosts that are looked at, in all: more than a fleet has, and few enough for a page.
    static let mostPlaces = 10_000

    /// The server's clock.
    var now: Timestamp
    /// How long a host may be silent.
    var downAfter: Duration
    /// The hosts by name, as many as an order may have.
    var hosts: [HostRecord]
    /// How many hosts, and services on hosts, there are beyond what is looked at: somebody else has written them.
    var leftOut = 0
    /// The last verified commits.
    var verified: [ServicePlace: CommitID] = [:]
    /// The last verdicts, as far as the newest rollouts know.
    var verdicts: [ServicePlace: LastVerdict] = [:]
    /// The newest rollouts.
    var rollouts: [RolloutRecord] = []
    /// Since when services are held.
    var leases: [ServiceName: Timestamp] = [:]
    /// Holds and streams; nil before they were read.
    var memory: FleetMemory?

    init(now: Timestamp, downAfter: Duration, hosts: [HostRecord]) {
        self.now = now
        self.downAfter = downAfter
        self.hosts = Array(hosts.prefix(Order.maximumHosts))
        leftOut = max(0, hosts.count - Order.maximumHosts)
        leftOut += max(0, self.hosts.reduce(0) { $0 + $1.services.count } - Self.mostPlaces)
    }

    /// The services on hosts that are looked at, by host.
    var services: [(place: ServicePlace, facts: ServiceFacts)] {
        let all = hosts.lazy.flatMap { host in
            host.services.lazy.map { (place: ServicePlace(host: host.name, service: $0.service), facts: $0) }
        }
        return Array(all.prefix(Self.mostPlaces))
    }

    /// Whether a host was heard lately.
    func isUp(_ host: HostRecord) -> Bool {
        host.silence(at: now).map { $0 <= HumanDuration(downAfter).milliseconds } ?? false
    }

    /// Looks at a fleet. What is read is read by name and in parts; what others wrote there costs no more than what is ours.
    ///
    /// - Throws: when Redis fails.
    static func look(at fleet: Fleet) async throws(CoordinationError) -> FleetCounts {
        let hosts = try await fleet.hosts()
        var counts = FleetCounts(
            now: try await fleet.serverTime(), downAfter: try await fleet.hostDownAfter(), hosts: hosts)
        let places = counts.services.map(\.place)
        counts.verified = try await fleet.verified(places)
        counts.leases = try await fleet.leases(of: Set(places.map(\.service)).sorted())
        counts.rollouts = try await fleet.rollouts(newest: mostRollouts)
        let readable = counts.rollouts.filter { $0.state != nil }.map(\.id)
        counts.verdicts = try await fleet.lastVerdicts(of: places, in: readable)
        counts.memory = try await fleet.memory()
        return counts
    }
}
