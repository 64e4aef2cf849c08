import ArgumentParser
import DeployModel

/// The command line of the daemon.
@main
struct QtAgent: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "qtagent",
        abstract: "Deploys this host's services by order of the fleet.",
        subcommands: [
            Run.self, PrepareHost.self, Recover.self, HostPlan.self, HostVerify.self, HostDeploy.self, CheckConfig.self,
            Version.self,
        ],
        defaultSubcommand: Run.self)

    /// Wrong usage is exit 2, as in qtctl; the parser's own number is another.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            let isUsage = exitCode(for: error) == .validationFailure
            if isUsage {
                StandardError.print(fullMessage(for: error))
                exit(withError: ArgumentParser.ExitCode(DeployModel.ExitCode.usage.rawValue))
            }
            exit(withError: error)
        }
    }
}

/// `qtagent version`.
struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Prints the version.")

    func run() { print("qtagent \(ProductVersion.current)") }
}
