import ArgumentParser
import DeployModel
import DeployOperator

/// `qtctl plan`.
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Shows what a deployment would do, and everything that is refused. Changes nothing.")

    @OptionGroup var targets: TargetOptions
    @OptionGroup var commit: CommitOption
    @OptionGroup var fleet: FleetOptions

    func run() async throws {
        try await Session.run(fleet) { session throws(OperatorError) in
            let plan = try await Planner(fleet: session.fleet, console: session.console)
                .plan(targets.request(.deploy, commit: commit.commit))
            session.console.show(plan)
            guard plan.refusals.isEmpty else { throw .refusedAsShown(plan.refusals) }
            session.console.summary(exit: .good)
            return .good
        }
    }
}
