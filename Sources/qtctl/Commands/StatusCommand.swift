import ArgumentParser
import DeployModel
import DeployOperator

/// `qtctl status`.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Shows what runs where, and how that is known.")

    @Argument(
        help: ArgumentHelp("Only these services.", valueName: "service"), completion: LiveNames.services,
        transform: { try Words.name($0) })
    var services: [ServiceName] = []

    @OptionGroup var hosts: HostOptions

    @Flag(help: "Again and again, until Ctrl-C.")
    var watch = false

    @OptionGroup var fleet: FleetOptions

    func run() async throws {
        try await Session.run(fleet) { session throws(OperatorError) in
            let view = StatusView(fleet: session.fleet, console: session.console)
            let hosts = try hosts.selectors()
            guard watch else {
                try await view.status(services: services, hosts: hosts)
                return .good
            }
            // Leaving is how a watch ends.
            _ = try await Interruptible.run { () async throws(OperatorError) in
                try await view.watch(services: services, hosts: hosts)
            }
            return .good
        }
    }
}
