import ArgumentParser
import DeployModel
import DeployOperator

/// `qtctl keys`.
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Who may sign orders, and with which key.",
        subcommands: [List.self, Check.self, Generate.self], defaultSubcommand: List.self)

    /// `qtctl keys list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "Lists who may sign by an allowed_signers file (the default).")

        @OptionGroup var fleet: FleetOptions

        func run() async throws {
            try await Session.run(fleet) { session throws(OperatorError) in
                try await KeysView(settings: session.settings, console: session.console).list()
                return .good
            }
        }
    }

    /// `qtctl keys check`.
    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check", abstract: "Signs a trial text, and says whether hosts would believe it.")

        @OptionGroup var fleet: FleetOptions

        func run() async throws {
            try await Session.run(fleet) { session throws(OperatorError) in
                try await KeysView(settings: session.settings, console: session.console).check()
            }
        }
    }

    /// `qtctl keys generate`.
    struct Generate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "generate", abstract: "Makes a key, and says what to do with it.")

        @Option(
            name: .customLong("as"),
            help: ArgumentHelp("The name that hosts shall know the key by.", valueName: "name"),
            transform: Words.name)
        var name: OperatorName?

        @Option(help: ArgumentHelp("Where the private key goes; ~/.config/qtctl/key by default.", valueName: "path"))
        var file: String?

        @Flag(help: "Let whoever has the file use it.")
        var noPassphrase = false

        @OptionGroup var fleet: FleetOptions

        func run() async throws {
            try await Session.withoutFleet(fleet) { files, console throws(OperatorError) in
                let usual = try Session.usualOperator()
                try await KeyMaking(console: console).generate(
                    file ?? files.usualKey, for: name ?? usual, hasPassphrase: !noPassphrase)
            }
        }
    }
}
