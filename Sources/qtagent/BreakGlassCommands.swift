import ArgumentParser
import DeployAgent
import DeployModel
import Glibc
import HostControl
import Logging

/// What the commands for a person on the host share.
struct HostOptions: ParsableArguments {
    @Argument(help: "Services, by unit, without .service.", transform: { try Words.name($0) })
    var services: [ServiceName] = []

    @OptionGroup var file: ConfigurationFile

    func breakGlass() throws -> BreakGlass {
        guard geteuid() == 0 else { throw ValidationError("run it as root: sudo qtagent ...") }
        LoggingSystem.bootstrap { label in JournalLogHandler(label: label, logLevel: .warning) }
        let identity = HostIdentity(
            machineID: try MachineID.read(), bootID: try ProcessTable().bootID(), agentVersion: ProductVersion.current)
        return BreakGlass(
            try file.load(), identity: identity, runner: CommandRunner(), logger: Logger(label: "qtagent"))
    }

    /// Ends the command with an exit code of ours.
    static func end(_ code: DeployModel.ExitCode) throws {
        if code != .good { throw ArgumentParser.ExitCode(code.rawValue) }
    }

    static func show(_ refusal: Refusal) {
        StandardError.print("refused: \(VisibleText(refusal.description))")
    }
}

/// `qtagent plan`.
struct HostPlan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Shows how this host's services stand, without Redis. Changes nothing.")

    @OptionGroup var options: HostOptions

    func run() async throws {
        let looks = try await options.breakGlass().look(options.services)
        for look in looks {
            print(
                "\(look.service)  \(look.state)  runs \(look.running?.short ?? "-") (\(look.basis))  "
                    + "checkout \(look.head?.short ?? "-") on \(look.branch?.text ?? "-")  \(look.path?.text ?? "-")")
            if let refusal = look.refusal { HostOptions.show(refusal) }
        }
        try HostOptions.end(looks.contains { $0.refusal != nil } || looks.isEmpty ? .refused : .good)
    }
}

/// `qtagent verify`.
struct HostVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Makes every check of this host's services once, without Redis.")

    @OptionGroup var options: HostOptions

    func run() async throws {
        let looks = try await options.breakGlass().verify(options.services)
        for look in looks {
            print("\(look.service)  \(look.isGood ? "good" : "NOT GOOD")")
            for line in look.lines { print("  \(VisibleText(line))") }
        }
        try HostOptions.end(looks.isEmpty ? .refused : looks.allSatisfy(\.isGood) ? .good : .failedAndReverted)
    }
}

/// `qtagent deploy`: the glass is broken.
struct HostDeploy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deploy",
        abstract: "Deploys on this host without Redis: for the night in which Redis is what is broken.")

    @OptionGroup var options: HostOptions

    @Option(help: "The commit, by its full name.", transform: { try Words.name($0) })
    var commit: CommitID

    @Option(
        name: [.customLong("reason"), .customShort("m"), .customLong("message")],
        help: "Why; stands in every stream when Redis is back.", transform: { try Words.reason($0) })
    var reason: Reason

    @Flag(help: "Let the checkout go back to an older commit.")
    var allowDowngrade = false

    func validate() throws {
        if options.services.isEmpty { throw ValidationError("name the services") }
        if reason.text.isEmpty { throw ValidationError("say why: --reason TEXT") }
    }

    func run() async throws {
        let request = BreakGlass.Request(
            services: options.services, commit: commit, mayGoBack: allowDowngrade, operatorName: Words.person(),
            reason: reason)
        let breakGlass = try options.breakGlass()
        let result: BreakGlassResult
        do throws(Refusal) {
            result = try await breakGlass.deploy(request) { StandardError.print($0.line) }
        } catch {
            HostOptions.show(error)
            return try HostOptions.end(.refused)
        }
        for outcome in result.outcomes {
            print(
                "\(outcome.service)  \(outcome.verdict?.rawValue ?? "-")  runs \(outcome.runningCommit?.short ?? "-")")
            if !outcome.error.isEmpty { print("  \(VisibleText(outcome.error))") }
        }
        print("\(result.name): the agent tells the fleet when Redis is back; no lease was asked for")
        try HostOptions.end(result.exitCode)
    }
}

/// Words of the command line.
enum Words {
    static func name<Name: GrammarText>(_ text: String) throws -> Name {
        do { return try Name(text) } catch { throw ValidationError("\(error)") }
    }

    static func reason(_ text: String) throws -> Reason {
        do { return try Reason(text) } catch { throw ValidationError("\(error)") }
    }

    /// Who asks: the person behind sudo.
    static func person() -> OperatorName {
        let names = ["SUDO_USER", "USER"].compactMap { (name: String) in getenv(name).map { String(cString: $0) } }
        return names.lazy.compactMap { try? OperatorName($0) }.first ?? OperatorName(accepted: "root")
    }
}
