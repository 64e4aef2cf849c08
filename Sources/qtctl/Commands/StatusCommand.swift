import ArgumentParser
import DeployModel
import DeployOperator

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
