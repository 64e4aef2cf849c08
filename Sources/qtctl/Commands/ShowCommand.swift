import ArgumentParser
import DeployModel
import DeployOperator

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
