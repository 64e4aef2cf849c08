import ArgumentParser
import DeployModel
import DeployOperator

/// `qtctl follow`.
struct FollowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "follow",
        abstract: "Shows a rollout from its first event to its end. Ctrl-C leaves; the rollout goes on.")

    @OptionGroup var rollout: RolloutArgument

    @OptionGroup var following: FollowOptions
    @OptionGroup var fleet: FleetOptions

    func run() async throws {
        try await Session.run(fleet, progress: following.progress) { session throws(OperatorError) in
            let id = try await rollout.resolve(session)
            let code = try await Interruptible.run { () async throws(OperatorError) in
                try await Follower(fleet: session.fleet, console: session.console).follow(id, limit: following.timeout)
            }
            return code ?? session.console.left(id)
        }
    }
}
