import ArgumentParser
import Coordination
import DeployModel
import DeployOperator

/// A rollout on the command line: its id, a unique beginning of it, or @last.
struct RolloutArgument: ParsableArguments {
    @Argument(help: ArgumentHelp("The rollout: its id, the beginning of it, or @last.", valueName: "rollout"))
    var rollout = "@last"

    func resolve(_ session: Session) async throws(OperatorError) -> RolloutID {
        if rollout == "@last" { return try session.files.lastRollout(session.settings.fleet) }
        do throws(CoordinationError) { return try await session.fleet.resolve(rollout) } catch { throw .fleet(error) }
    }
}

/// `qtctl follow`.
struct FollowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "follow",
        abstract: "Shows a rollout from its first event to its end. Ctrl-C leaves; the rollout goes on.")

    @OptionGroup var rollout: RolloutArgument

    @Option(
        help: ArgumentHelp("Stop following after this time: 30s, 5m, 4h.", valueName: "time"), transform: Words.time)
    var timeout: Duration?

    @OptionGroup var fleet: FleetOptions

    func run() async throws {
        try await Session.run(fleet) { session throws(OperatorError) in
            let id = try await rollout.resolve(session)
            let code = try await Interruptible.run { () async throws(OperatorError) in
                try await Follower(fleet: session.fleet, console: session.console).follow(id, limit: timeout)
            }
            return code ?? session.console.left(id)
        }
    }
}

/// `qtctl show`.
struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows one rollout: every target's verdict, and what it rests on.")

    @OptionGroup var rollout: RolloutArgument

    @Flag(help: "Also the facts that each verdict rests on.")
    var evidence = false

    @OptionGroup var fleet: FleetOptions

    func run() async throws {
        try await Session.run(fleet) { session throws(OperatorError) in
            let id = try await rollout.resolve(session)
            try await StatusView(fleet: session.fleet, console: session.console).show(id, evidence: evidence)
            return .good
        }
    }
}

/// `qtctl status`.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Shows what runs where, and how that is known.")

    @Argument(help: ArgumentHelp("Only these services.", valueName: "service"), transform: { try Words.name($0) })
    var services: [ServiceName] = []

    @Option(
        name: .customLong("host"), help: ArgumentHelp("Only this host; may be repeated.", valueName: "host"),
        transform: { try Words.name($0) })
    var hosts: [HostName] = []

    @OptionGroup var fleet: FleetOptions

    func run() async throws {
        try await Session.run(fleet) { session throws(OperatorError) in
            try await StatusView(fleet: session.fleet, console: session.console).status(
                services: services, hosts: hosts)
            return .good
        }
    }
}

/// `qtctl rollouts`.
struct RolloutsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "rollouts", abstract: "Lists the newest rollouts.")

    @Option(name: .short, help: ArgumentHelp("How many.", valueName: "number"))
    var number = 20

    @OptionGroup var fleet: FleetOptions

    func validate() throws {
        guard (1...1000).contains(number) else { throw ValidationError("-n takes a number from 1 to 1000") }
    }

    func run() async throws {
        try await Session.run(fleet) { session throws(OperatorError) in
            try await StatusView(fleet: session.fleet, console: session.console).rollouts(newest: number)
            return .good
        }
    }
}

/// `qtctl agents`.
struct AgentsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agents", abstract: "The hosts of the fleet.", subcommands: [List.self, Enrol.self],
        defaultSubcommand: List.self)

    /// `qtctl agents list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists the hosts (the default).")

        @OptionGroup var fleet: FleetOptions

        func run() async throws {
            try await Session.run(fleet) { session throws(OperatorError) in
                try await StatusView(fleet: session.fleet, console: session.console).agents()
                return .good
            }
        }
    }

    /// `qtctl agents enrol`.
    struct Enrol: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "enrol", abstract: "Makes a host a member of the fleet, bound to its machine.")

        @Argument(
            help: ArgumentHelp("The host, as its agent.yaml names it.", valueName: "host"),
            transform: { try Words.name($0) })
        var host: HostName

        @Option(help: ArgumentHelp("The machine-id to bind it to; without it the one that beats.", valueName: "id"))
        var machine: String?

        @Option(
            name: .shortAndLong, help: ArgumentHelp("Why.", valueName: "text"),
            transform: { do { return try Reason($0) } catch { throw ValidationError("\(error)") } })
        var message: Reason?

        @Flag(name: .shortAndLong, help: "Do not ask.")
        var yes = false

        @OptionGroup var fleet: FleetOptions

        func run() async throws {
            try await Session.run(fleet) { session throws(OperatorError) in
                try await Enrolment(fleet: session.fleet, settings: session.settings, console: session.console)
                    .run(host, machineID: machine, reason: message ?? .none, isConfirmed: yes)
            }
        }
    }
}
