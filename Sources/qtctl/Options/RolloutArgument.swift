import ArgumentParser
import Coordination
import DeployModel
import DeployOperator

/// A rollout on the command line: its id, a unique beginning of it, or @last.
struct RolloutArgument: ParsableArguments {
    @Argument(
        help: ArgumentHelp("The rollout: its id, the beginning of it, or @last.", valueName: "rollout"),
        completion: LiveNames.rollouts)
    var rollout = "@last"

    func resolve(_ session: Session) async throws(OperatorError) -> RolloutID {
        if rollout == "@last" { return try session.files.lastRollout(session.settings.fleet) }
        do throws(CoordinationError) { return try await session.fleet.resolve(rollout) } catch { throw .fleet(error) }
    }
}
