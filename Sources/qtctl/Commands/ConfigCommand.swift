import ArgumentParser
import DeployModel
import DeployOperator

/// `qtctl config`.
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Which fleet, through which Redis, as whom.",
        subcommands: [Show.self, Contexts.self, Use.self], defaultSubcommand: Show.self)

    /// `qtctl config show`.
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Shows the settings in force, and where each was said (the default).")

        @OptionGroup var fleet: FleetOptions

        func run() async throws {
            try await Session.run(fleet) { session throws(OperatorError) in
                ConfigView(files: session.files, console: session.console).show(session.settings)
                return .good
            }
        }
    }

    /// `qtctl config contexts`.
    struct Contexts: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "contexts", abstract: "Lists the contexts of the settings file.")

        @OptionGroup var fleet: FleetOptions

        func run() async throws {
            try await Session.withoutFleet(fleet) { files, console throws(OperatorError) in
                try ConfigView(files: files, console: console)
                    .contexts(fleet.context ?? Session.environment()["QTCTL_CONTEXT"])
            }
        }
    }

    /// `qtctl config use`.
    struct Use: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "use", abstract: "Makes a context the one in use.")

        @Argument(
            help: ArgumentHelp("A context of the settings file.", valueName: "context"), completion: LiveNames.contexts)
        var name: String

        @OptionGroup var fleet: FleetOptions

        func run() async throws {
            try await Session.withoutFleet(fleet) { files, console throws(OperatorError) in
                try ConfigView(files: files, console: console).use(name)
            }
        }
    }
}
