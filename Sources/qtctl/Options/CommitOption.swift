import ArgumentParser
import DeployModel

/// The commit of `plan` and `deploy`.
struct CommitOption: ParsableArguments {
    @Option(
        help: ArgumentHelp("The commit, by its full name; without it what the remote has.", valueName: "sha"),
        transform: { try Words.name($0) })
    var commit: CommitID?
}
