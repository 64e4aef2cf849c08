import ArgumentParser
import DeployModel
import DeployOperator

/// `qtctl agents`.
struct AgentsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agents", abstract: "The hosts of the fleet.",
        subcommands: [List.self, Show.self, Enrol.self, Drain.self, Undrain.self, Retire.self],
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

    /// `qtctl agents show`.
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Shows what is known of a host and of its services.")

        @Argument(
            help: ArgumentHelp("The host.", valueName: "host"), completion: LiveNames.hosts,
            transform: { try Words.name($0) })
        var host: HostName

        @OptionGroup var fleet: FleetOptions

        func run() async throws {
            try await Session.run(fleet) { session throws(OperatorError) in
                try await StatusView(fleet: session.fleet, console: session.console).agent(host)
                return .good
            }
        }
    }
}
