import ArgumentParser
import DeployModel
import DeployOperator
import Glibc

/// The command line of the operator.
@main
struct QtCtl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "qtctl",
        abstract: "Deploys services over a fleet of systemd hosts, and shows what runs where.",
        discussion: "Data goes to standard output, progress to standard error. Exit codes: qtctl exit-codes.",
        subcommands: [
            PlanCommand.self, DeployCommand.self, FollowCommand.self, ShowCommand.self, StatusCommand.self,
            RolloutsCommand.self, AgentsCommand.self, ExitCodesCommand.self, VersionCommand.self,
        ])

    static func main() async {
        // A reader that goes away must not kill the command before it has said what its exit code means.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let code as ArgumentParser.ExitCode {
            exit(withError: code)
        } catch {
            // The parser's number for wrong usage is another; ours is 2. Help asked for is no error.
            guard exitCode(for: error) != .success else { exit(withError: error) }
            Console(form: .text, isUTC: false).note(fullMessage(for: error))
            exit(withError: ArgumentParser.ExitCode(DeployModel.ExitCode.usage.rawValue))
        }
    }
}
