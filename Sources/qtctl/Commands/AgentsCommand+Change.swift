import ArgumentParser
import Coordination
import DeployModel
import DeployOperator

/// What the changes of a host's membership share.
struct ChangeOptions: ParsableArguments {
    @Argument(
        help: ArgumentHelp("The hosts, in the words of --host of the other commands.", valueName: "hosts"),
        completion: LiveNames.hosts)
    var hosts: [String]

    @OptionGroup var fleet: FleetOptions

    func run(_ change: MembershipChange, _ reason: Reason, isConfirmed: Bool = true) async throws {
        try await Session.run(fleet) { session throws(OperatorError) in
            try await HostChange(fleet: session.fleet, settings: session.settings, console: session.console)
                .run(change, try .read(hosts), reason: reason, isConfirmed: isConfirmed)
        }
    }
}

extension AgentsCommand {
    /// `qtctl agents drain`.
    struct Drain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "drain", abstract: "Keeps hosts out of every later order. What is under way goes on.")

        @Option(
            name: .shortAndLong, help: ArgumentHelp("Why; everybody who plans reads it.", valueName: "text"),
            transform: Words.reason)
        var message: Reason

        @OptionGroup var change: ChangeOptions

        func run() async throws { try await change.run(.drain, message) }
    }

    /// `qtctl agents undrain`.
    struct Undrain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "undrain", abstract: "Lets orders name hosts again.")

        @Option(name: .shortAndLong, help: ArgumentHelp("Why.", valueName: "text"), transform: Words.reason)
        var message: Reason?

        @OptionGroup var change: ChangeOptions

        func run() async throws { try await change.run(.undrain, message ?? .none) }
    }

    /// `qtctl agents retire`.
    struct Retire: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "retire",
            abstract: "Forgets hosts, and what was verified on them. What they are bound to, too.")

        @Option(name: .shortAndLong, help: ArgumentHelp("Why.", valueName: "text"), transform: Words.reason)
        var message: Reason?

        @Flag(name: .shortAndLong, help: "Do not ask.")
        var yes = false

        @OptionGroup var change: ChangeOptions

        func run() async throws { try await change.run(.retire, message ?? .none, isConfirmed: yes) }
    }
}
