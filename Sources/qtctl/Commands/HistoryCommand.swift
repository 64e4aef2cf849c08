import ArgumentParser
import DeployModel
import DeployOperator

/// `qtctl history`.
struct HistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Shows what was deployed to a service, where, by whom, and what came of it.")

    @Argument(
        help: ArgumentHelp("The service.", valueName: "service"), completion: LiveNames.services,
        transform: { try Words.name($0) })
    var service: ServiceName

    @OptionGroup var hosts: HostOptions
    @OptionGroup var filter: FilterOptions
    @OptionGroup var fleet: FleetOptions

    func run() async throws {
        try await Session.run(fleet) { session throws(OperatorError) in
            try await StatusView(fleet: session.fleet, console: session.console).history(
                service, hosts: try hosts.selectors(), RolloutFilter(count: filter.number, age: filter.since))
            return .good
        }
    }
}
