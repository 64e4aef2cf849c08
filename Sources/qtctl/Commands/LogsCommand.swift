import ArgumentParser
import DeployModel
import DeployOperator

/// `qtctl logs`.
struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Shows what git, the hooks and the services since their restart have printed in a rollout.",
        discussion: """
            At most 300 lines of a step and service are kept; all that a service printed stands in its host's journal. What it printed before \
            it was taken back stands in qtctl show --evidence, too.
            """)

    @OptionGroup var rollout: RolloutArgument
    @OptionGroup var hosts: HostOptions

    @Option(
        name: .customLong("step"),
        help: ArgumentHelp(
            "Only these steps; may be repeated: \(Step.allCases.map(\.rawValue).joined(separator: ", ")).",
            valueName: "step"))
    var steps: [Step] = []

    @Flag(name: [.customShort("f"), .customLong("follow")], help: "Go on until the rollout has ended.")
    var follows = false

    @OptionGroup var fleet: FleetOptions

    func run() async throws {
        try await Session.run(fleet) { session throws(OperatorError) in
            let id = try await rollout.resolve(session)
            let filter = LogReader.Filter(hosts: try hosts.selectors(), steps: steps)
            let isRead: Void? = try await Interruptible.run { () async throws(OperatorError) in
                try await LogReader(fleet: session.fleet, console: session.console).show(id, filter, follows: follows)
            }
            return isRead == nil ? session.console.left(id) : .good
        }
    }
}

extension Step: ExpressibleByArgument {}
