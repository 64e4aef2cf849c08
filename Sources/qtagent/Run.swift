import ArgumentParser
import Coordination
import DeployAgent
import DeployModel
import Glibc
import HostControl
import Logging
import RedisClient
import ServiceLifecycle
import SettingsFile
import UnixSignals

/// `qtagent run`: the daemon.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "run", abstract: "Runs the daemon (the default).")

    @OptionGroup var file: ConfigurationFile

    func run() async throws {
        LoggingSystem.bootstrap { label in JournalLogHandler(label: label) }
        let logger = Logger(label: "qtagent")
        let configuration = try file.load()
        let redis = try configuration.redisConfiguration()
        let identity = HostIdentity(
            machineID: try MachineID.read(), bootID: try ProcessTable().bootID(), agentVersion: ProductVersion.current)
        let tally = AgentTally()
        // What a connection says of itself, the services say once for all three.
        var quiet = logger
        quiet.logLevel = .warning
        func lane(_ name: String) -> Fleet {
            var lane = redis
            lane.clientName = "qtagent-\(configuration.host)-\(name)"
            // A silent host ends rollouts after 45 s: the default's 30 s between attempts would make an outage look like one.
            lane.backoff = Backoff(longest: .seconds(5))
            // The largest text of the contract has 512 KiB; what is larger is not worth the host's memory.
            lane.replyLimit = 4 << 20
            return Fleet(name: configuration.fleet, redis: RedisClient(lane, logger: quiet)) {
                tally.redisFailed($0)
            }
        }
        if let remark = try Failpoint.prepare() { logger.warning("\(remark)") }
        let services = try await Agent.services(
            configuration, identity: identity,
            connections: Agent.Connections(bell: lane("bell"), control: lane("control"), publish: lane("publish")),
            runner: CommandRunner(),
            notifier: Notifier(SystemdNotify(socket: getenv("NOTIFY_SOCKET").map { String(cString: $0) })),
            tally: tally, logger: logger)
        logger.info(
            "starting",
            metadata: [
                "agent.version": "\(ProductVersion.current)", "fleet": "\(configuration.fleet)",
                "host": "\(configuration.host)", "redis": "\(redis.address)",
                "signatures": "\(configuration.signatures.word)",
            ])
        let group = ServiceGroup(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], cancellationSignals: [], logger: logger)
        try await group.run()
    }
}

/// `qtagent check-config`: reads the configuration as the daemon would.
struct CheckConfig: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-config", abstract: "Reads the configuration and says what is wrong with it.")

    @OptionGroup var file: ConfigurationFile

    func run() throws {
        let configuration = try file.load()
        let redis = try configuration.redisConfiguration()
        // The daemon runs all the same, and refuses: who types this wants to know before.
        _ = try configuration.signatures.trustedFiles()
        print("\(file.config): good")
        print(
            "fleet \(configuration.fleet), host \(configuration.host), redis \(redis.address), "
                + "tls \(redis.tls == nil ? "off" : "on"), signatures \(configuration.signatures.word)")
        if let metrics = configuration.metrics { print("metrics \(metrics)") }
        for service in configuration.services { print("service \(service.name) from \(service.source)") }
    }
}

/// Where the configuration stands.
struct ConfigurationFile: ParsableArguments {
    @Option(help: "The settings file; agent.d/*.yaml beside it are read too.")
    var config = "/etc/qtagent/agent.yaml"

    func load() throws -> AgentConfiguration { try AgentConfiguration.load(config) }
}
