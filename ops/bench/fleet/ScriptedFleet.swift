import Coordination
import DeployAgent
import DeployModel
import Glibc
import HostControl
import Logging
import RedisClient
import ServiceLifecycle
import UnixSignals

/// Many agents in one process, each with a name, a state directory and connections of its own, against one real Redis.
struct ScriptedFleet {
    let name: FleetName
    let redis: RedisAddress
    let directory: String
    /// How long an agent watches a restarted service.
    let stableFor: String
    /// The number of hosts, the last ones, on which the newest release dies.
    let failing: Int
    /// The folder of the files that say who may sign; nil for unsigned orders.
    let signers: String?

    static let service = ServiceName(accepted: "quantum-apply-layer")
    /// The commits of everybody's branch.
    static let history = (1...3).map { CommitID(accepted: String(repeating: String($0), count: 40)) }

    static func host(_ number: Int) -> HostName { HostName(accepted: "h\(number)") }

    private func connection(_ title: String, _ logger: Logger) -> Fleet {
        var configuration = RedisConfiguration(address: redis, clientName: title)
        configuration.backoff = Backoff(longest: .seconds(5))
        configuration.replyLimit = 4 << 20
        return Fleet(name: name, redis: RedisClient(configuration, logger: logger))
    }

    /// Makes the hosts members of the fleet.
    func enrol(_ count: Int, _ logger: Logger) async throws {
        let fleet = connection("qtfleet", logger)
        for number in 1...count {
            _ = try await fleet.enrol(
                Self.host(number), by: OperatorName(accepted: "bench"), reason: .none,
                machineID: ScriptedHost.id(number))
        }
    }

    /// Runs the agents until the process is told to end; says `ready` once every host has beaten.
    func run(_ count: Int, _ logger: Logger) async throws {
        let tree = try CanonicalPath(directory + "/tree")
        var groups: [ServiceGroup] = []
        for number in 1...count {
            groups.append(try await agent(number, isFailing: number > count - failing, tree, logger))
        }
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for group in groups { tasks.addTask { try await group.run() } }
            tasks.addTask { try await sayWhenReady(count, logger) }
            while try await tasks.next() != nil {}
        }
    }

    private func agent(
        _ number: Int, isFailing: Bool, _ tree: CanonicalPath, _ logger: Logger
    ) async throws -> ServiceGroup {
        let host = Self.host(number)
        let state = "\(directory)/\(host)"
        try Folder.make(state)
        let configuration = try AgentConfiguration.read([("agent.yaml", settings(host, state))])
        let identity = HostIdentity(
            machineID: ScriptedHost.id(number), bootID: try ProcessTable().bootID(),
            agentVersion: ProductVersion.current)
        let scripted = ScriptedHost(
            history: Self.history, tree: tree, service: Self.service,
            user: String(cString: getpwuid(geteuid()).pointee.pw_name), number: number,
            isFailing: isFailing)
        let connections = Agent.Connections(
            bell: connection("\(host)-bell", logger), control: connection("\(host)-control", logger),
            publish: connection("\(host)-publish", logger))
        let services = try await Agent.services(
            configuration, identity: identity, connections: connections, runner: scripted, notifier: Notifier(nil),
            tally: AgentTally(), logger: logger)
        return ServiceGroup(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], cancellationSignals: [], logger: logger)
    }

    private func settings(_ host: HostName, _ state: String) -> String {
        """
        fleet: \(name)
        host: \(host)
        labels: {parity: \(host.text.last?.wholeNumberValue?.isMultiple(of: 2) == true ? "even" : "odd")}
        redis: {address: "\(redis)"}
        signatures: \(signers.map { "{allowed_signers: \($0)/allowed_signers, revoked_keys: \($0)/revoked_keys}" } ?? "off")
        state_directory: \(state)
        sources:
          quantum_trader: {branches: [main]}
        services:
          - {unit: \(Self.service), source: quantum_trader, order: 10, allow_root: true}
        timings: {stable_for: \(stableFor)}
        """
    }

    private func sayWhenReady(_ count: Int, _ logger: Logger) async throws {
        let fleet = connection("qtfleet", logger)
        while try await fleet.hosts().count(where: { $0.lastBeat != nil && !$0.services.isEmpty }) < count {
            try await Task.sleep(for: .milliseconds(100))
        }
        print("ready")
        fflush(nil)
    }
}
