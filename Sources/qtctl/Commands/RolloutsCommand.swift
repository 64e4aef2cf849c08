import ArgumentParser
import DeployModel
import DeployOperator

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
