import ArgumentParser
import DeployModel
import DeployOperator

/// How a rollout is watched.
struct FollowOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Stop following after this time: 30s, 5m, 4h.", valueName: "time"), transform: Words.time)
    var timeout: Duration?

    @Option(help: "On a terminal: auto draws the rollout in place; lines gives a line per event.")
    var progress: Progress = .auto

    enum Progress: String, ExpressibleByArgument, CaseIterable {
        case auto, lines
    }
}
