import ArgumentParser
import DeployModel
import DeployOperator

/// Which rollouts are listed.
struct FilterOptions: ParsableArguments {
    @Option(name: .short, help: ArgumentHelp("How many at most.", valueName: "number"))
    var number = 20

    @Option(
        help: ArgumentHelp("Only what was submitted no longer ago: 30m, 12h, 7d.", valueName: "time"),
        transform: Words.time)
    var since: Duration?

    func validate() throws {
        guard (1...1000).contains(number) else { throw ValidationError("-n takes a number from 1 to 1000") }
    }
}
