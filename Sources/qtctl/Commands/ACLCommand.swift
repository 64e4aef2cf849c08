import ArgumentParser
import DeployModel
import DeployOperator

/// `qtctl acl`.
struct ACLCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "acl", abstract: "Redis' users for a fleet.", subcommands: [Print.self],
        defaultSubcommand: Print.self)

    /// `qtctl acl print`.
    struct Print: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "print",
            abstract: "Prints the lines for Redis' ACL file: a user per host and operator, and one who only looks.")

        @Option(
            name: .customLong("agent"), help: ArgumentHelp("A host's agent; again for each.", valueName: "host"),
            transform: Words.name)
        var hosts: [HostName] = []

        @Option(
            name: .customLong("operator"),
            help: ArgumentHelp("A person who submits; again for each.", valueName: "name"),
            transform: Words.name)
        var operators: [OperatorName] = []

        @Option(
            help: ArgumentHelp("The folder of the passwords; those that are missing are made.", valueName: "folder"))
        var passwords: String

        @OptionGroup var fleet: FleetOptions

        func run() async throws {
            try await Session.run(fleet) { session throws(OperatorError) in
                try await AccessFile(session.settings.fleet, console: session.console).show(
                    AccessFile.Users(hosts: hosts, operators: operators), passwords: passwords)
                return .good
            }
        }
    }
}
