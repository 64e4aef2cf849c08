/// What an operator submits: one source, one branch, one commit, and a line per host and canonical path. Immutable.
///
/// Its text is `qtorder1` (`protocol/SPEC.md`); what stands here is the meaning.
package struct Order: Hashable, Sendable {
    /// At most this many hosts, so that no script call over an order holds Redis for long.
    package static let maximumHosts = 1000
    /// At most this many bytes of text.
    package static let maximumBytes = 512 * 1024

    /// The fleet that the hosts belong to.
    package var fleet: FleetName
    /// The order's and the rollout's id.
    package var id: RolloutID
    /// Who submits.
    package var operatorName: OperatorName
    /// What attempt 1 does at every target.
    package var operation: Operation
    /// The repository, by the name that the hosts give it.
    package var source: SourceName
    /// The branch that must hold the commit.
    package var branch: BranchName
    /// The commit, resolved once for all hosts.
    package var commit: CommitID
    /// Whether a host may go to a commit that its own is not an ancestor of.
    package var direction: Direction
    /// One line per host and canonical path, in dispatch order; a host's lines stand together.
    package var lines: [Line]
    /// How many hosts are dispatched together.
    package var waves: WaveSizes
    /// Seconds between the first wave's end and the second's start.
    package var soakSeconds: Int64
    /// Where the rollout waits for `resume`.
    package var pauseAfter: PauseAfter
    /// The number of hosts that may fail before the rollout halts.
    package var maxFailures: Int64
    /// What a halt does with hosts that succeeded.
    package var onFailure: OnFailure
    /// What a host does whose own target failed.
    package var failedHost: FailedHost
    /// The latest moment of the first dispatch.
    package var beginBefore: Timestamp
    /// The latest moment at which a host may take the order.
    package var until: Timestamp
    /// When `qtctl` made the order, by its clock; for people.
    package var created: Timestamp
    /// Why, in the operator's words.
    package var reason: Reason

    /// The services of one host that run from one canonical path.
    package struct Line: Hashable, Sendable {
        /// The host.
        package var host: HostName
        /// The services' WorkingDirectory on that host.
        package var path: CanonicalPath
        /// The commit checked out there when the plan was made; anything but this or the pinned commit is refused.
        package var expectedHead: CommitID
        /// The services, in the order in which they are restarted; never empty, each once.
        package var services: [ServiceName]

        /// A line of an order.
        package init(host: HostName, path: CanonicalPath, expectedHead: CommitID, services: [ServiceName]) {
            self.host = host
            self.path = path
            self.expectedHead = expectedHead
            self.services = services
        }
    }

    /// Which way the checkout may move.
    package enum Direction: String, Sendable, CaseIterable {
        /// Fast-forward only.
        case forward
        /// Also back, with `reset --keep`.
        case any
    }

    /// Where the rollout pauses by itself.
    package enum PauseAfter: String, Sendable, CaseIterable {
        case none, canary, wave
    }

    /// What a halted rollout does with the hosts that took the commit.
    package enum OnFailure: String, Sendable, CaseIterable {
        case halt
        case revertAll = "revert-all"
    }

    /// What the failed host itself does.
    package enum FailedHost: String, Sendable, CaseIterable {
        case revert, leave
    }

    /// The hosts in dispatch order, each once.
    package var hosts: [HostName] {
        var hosts: [HostName] = []
        for line in lines where hosts.last != line.host { hosts.append(line.host) }
        return hosts
    }

    /// All services, each once, sorted.
    package var services: [ServiceName] { Set(lines.flatMap(\.services)).sorted() }

    /// The number of targets.
    package var targetCount: Int { lines.reduce(0) { $0 + $1.services.count } }

    /// The lines of one host, in order.
    package func lines(of host: HostName) -> [Line] { lines.filter { $0.host == host } }

    /// Why this is not an order that anybody may act on, or nil. The texts' codec and `qtctl` both ask.
    package var flaw: String? {
        if lines.isEmpty { return "it names no host" }
        var hosts: Set<HostName> = []
        hosts.reserveCapacity(lines.count)
        var begin = 0
        while begin < lines.count {
            let host = lines[begin].host
            guard hosts.insert(host).inserted else { return "the lines of \(host) do not stand together" }
            let end = lines[begin...].firstIndex { $0.host != host } ?? lines.count
            if let flaw = Self.flaw(of: host, lines[begin..<end]) { return flaw }
            begin = end
        }
        if hosts.count > Self.maximumHosts {
            return "it names \(hosts.count) hosts; at most \(Self.maximumHosts) are taken"
        }
        if beginBefore > until { return "begin_before lies after until" }
        return nil
    }

    /// The flaw of the lines of one host, or nil.
    private static func flaw(of host: HostName, _ lines: ArraySlice<Line>) -> String? {
        if lines.contains(where: { $0.services.isEmpty }) { return "the line of \(host) names no service" }
        // The most common case, and there may be a thousand of it.
        if lines.count == 1, lines.first?.services.count == 1 { return nil }
        var services: Set<ServiceName> = []
        var paths: Set<CanonicalPath> = []
        for line in lines {
            for service in line.services where !services.insert(service).inserted {
                return "\(service) stands twice for \(host)"
            }
            guard paths.insert(line.path).inserted else { return "a path stands twice for \(host)" }
        }
        return nil
    }

    /// All fields of an order; see the properties for their meaning.
    package init(
        fleet: FleetName, id: RolloutID, operatorName: OperatorName, operation: Operation, source: SourceName,
        branch: BranchName, commit: CommitID, direction: Direction, lines: [Line], waves: WaveSizes, soakSeconds: Int64,
        pauseAfter: PauseAfter, maxFailures: Int64, onFailure: OnFailure, failedHost: FailedHost,
        beginBefore: Timestamp,
        until: Timestamp, created: Timestamp, reason: Reason
    ) {
        self.fleet = fleet
        self.id = id
        self.operatorName = operatorName
        self.operation = operation
        self.source = source
        self.branch = branch
        self.commit = commit
        self.direction = direction
        self.lines = lines
        self.waves = waves
        self.soakSeconds = soakSeconds
        self.pauseAfter = pauseAfter
        self.maxFailures = maxFailures
        self.onFailure = onFailure
        self.failedHost = failedHost
        self.beginBefore = beginBefore
        self.until = until
        self.created = created
        self.reason = reason
    }
}
