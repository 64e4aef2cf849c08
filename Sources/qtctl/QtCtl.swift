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
        discussion: "Data goes to standard output, progress to standard error. Exit codes: qtctl help exit-codes.",
        subcommands: [
            PlanCommand.self, DeployCommand.self, RollbackCommand.self, RestartCommand.self, FollowCommand.self,
            LogsCommand.self, ShowCommand.self, StatusCommand.self,
            RolloutsCommand.self, HistoryCommand.self, AgentsCommand.self, MetricsCommand.self, KeysCommand.self,
            ACLCommand.self,
            ConfigCommand.self,
            CompletionCommand.self, ExitCodesCommand.self, VersionCommand.self,
        ])

    static func main() async {
        // A reader that goes away must not kill the command before it has said what its exit code means.
        signal(SIGPIPE, SIG_IGN)
        let words = Array(CommandLine.arguments.dropFirst())
        do {
            // The parser's help knows no wrong word: it would show the help of everything.
            if words.first == "help", let meant = MisspelledCommand.suggestion(words) { throw ValidationError(meant) }
            var command = try await asyncParseAsRoot()
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
            let console = Console(form: .text, isUTC: false)
            console.note(fullMessage(for: error))
            if words.first != "help", let meant = MisspelledCommand.suggestion(words) { console.note(meant) }
            exit(withError: ArgumentParser.ExitCode(DeployModel.ExitCode.usage.rawValue))
        }
    }
}
