import ArgumentParser
import DeployModel
import DeployOperator

extension AgentsCommand {
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
            transform: Words.reason)
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
