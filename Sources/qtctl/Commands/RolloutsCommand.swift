import ArgumentParser
import DeployModel
import DeployOperator

/// `qtctl rollouts`.
struct RolloutsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "rollouts", abstract: "Lists the newest rollouts.")

    @Option(
        name: .customLong("service"),
        help: ArgumentHelp("Only those with this service; may be repeated.", valueName: "service"),
        completion: LiveNames.services,
        transform: { try Words.name($0) })
    var services: [ServiceName] = []

    @Option(
        name: .customLong("state"),
        help: ArgumentHelp(
            "Only those in this state; may be repeated: \(RolloutState.allCases.map(\.rawValue).joined(separator: ", ")).",
            valueName: "state"))
    var states: [RolloutState] = []

    @Option(
        name: .customLong("by"),
        help: ArgumentHelp("Only those of operators whose name begins so; may be repeated.", valueName: "name"))
    var operators: [String] = []

    @OptionGroup var filter: FilterOptions
    @OptionGroup var fleet: FleetOptions

    func run() async throws {
        try await Session.run(fleet) { session throws(OperatorError) in
            try await StatusView(fleet: session.fleet, console: session.console).rollouts(
                RolloutFilter(
                    count: filter.number, services: services, states: states, operators: operators, age: filter.since))
            return .good
        }
    }
}

extension RolloutState: ExpressibleByArgument {}
