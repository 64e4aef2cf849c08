import ArgumentParser
import Coordination
import DeployAgent
import DeployModel
import Glibc
import HostControl
import Logging
import RedisClient
import SettingsFile
import UnixSignals

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
        let configuration = try file.load()
        return BreakGlass(
            configuration, identity: identity, runner: CommandRunner(), access: Self.access(configuration),
            logger: Logger(label: "qtagent"))
    }

    /// Whatever is wrong with Redis or its settings is a remark here, never a reason not to deploy.
    private static func access(_ configuration: AgentConfiguration) -> FleetAccess {
        do throws(SettingsError) {
            var redis = try configuration.redisConfiguration()
            redis.clientName = "qtagent-\(configuration.host)-hand"
            redis.failFast = true
            redis.replyLimit = 4 << 20
            return .open(Fleet(name: configuration.fleet, redis: RedisClient(redis)))
        } catch {
            return .closed("\(error)")
        }
    }

    /// Ends the command with an exit code of ours.
    static func end(_ code: DeployModel.ExitCode) throws {
        if code != .good { throw ArgumentParser.ExitCode(code.rawValue) }
    }

    static func show(_ refusal: Refusal) {
        StandardError.print("refused: \(refusal.rule.rawValue): \(VisibleText(refusal.message))")
        if !refusal.remedy.isEmpty { StandardError.print("         \(VisibleText(refusal.remedy))") }
    }
}

/// `qtagent plan`.
struct HostPlan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Shows how this host's services stand, without Redis. Changes nothing.")

    @OptionGroup var options: HostOptions

    func run() async throws {
        let breakGlass = try options.breakGlass()
        do throws(Refusal) { try breakGlass.requireKnown(options.services) } catch {
            HostOptions.show(error)
            return try HostOptions.end(.refused)
        }
        let looks = await breakGlass.look(options.services)
        if !looks.isEmpty { print(BreakGlassLook.table(looks)) }
        // What is wrong with a checkout is said once for all services that share it.
        var shown: Set<Refusal> = []
        for refusal in looks.compactMap(\.refusal) where shown.insert(refusal).inserted { HostOptions.show(refusal) }
        try HostOptions.end(looks.contains { $0.refusal != nil } || looks.isEmpty ? .refused : .good)
    }
}

/// `qtagent verify`.
struct HostVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Makes every check of this host's services once, without Redis.")

    @OptionGroup var options: HostOptions

    func run() async throws {
        let breakGlass = try options.breakGlass()
        do throws(Refusal) { try breakGlass.requireKnown(options.services) } catch {
            HostOptions.show(error)
            return try HostOptions.end(.refused)
        }
        let looks = await breakGlass.verify(options.services)
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
        abstract: "Deploys on this host without Redis: for the night in which Redis is what is broken.",
        discussion: """
            The steps, locks, proofs and way back of an order, for the services and those that share their checkout. Ctrl-C \
            ends it at the next safe point; once a service was restarted it goes through to its verdict. When the terminal is \
            lost it goes on.

            Exit codes: 0 verified or unchanged, 2 usage, 3 a person is needed, 4 failed and as before, 5 refused or not \
            confirmed and nothing touched.
            """)

    @OptionGroup var options: HostOptions

    @Option(
        help: ArgumentHelp("The commit, by its full name.", valueName: "sha"), transform: { try Words.name($0) })
    var commit: CommitID

    @Option(
        name: [.customLong("reason"), .customShort("m"), .customLong("message")],
        help: ArgumentHelp("Why; stands in every stream when Redis is back.", valueName: "text"),
        transform: { try Words.reason($0) })
    var reason: Reason

    @Flag(help: "Let the checkout go back to an older commit.")
    var allowDowngrade = false

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    func validate() throws {
        if options.services.isEmpty { throw ValidationError("name the services") }
        if reason.text.isEmpty { throw ValidationError("say why: --reason TEXT") }
        if !yes, !Terminal.isThere { throw ValidationError("there is no terminal to ask at: say --yes") }
    }

    func run() async throws {
        // As in the agent's unit: what git checks out must be readable for the services, whatever root's own mask is.
        umask(0o022)
        let breakGlass = try options.breakGlass()
        let request = BreakGlass.Request(
            services: options.services, commit: commit, mayGoBack: allowDowngrade, operatorName: Words.person(),
            reason: reason)
        let code: DeployModel.ExitCode
        do throws(Refusal) { code = try await deploy(request, breakGlass) } catch {
            HostOptions.show(error)
            code = .refused
        }
        try HostOptions.end(code)
    }

    private func deploy(
        _ request: BreakGlass.Request, _ breakGlass: BreakGlass
    ) async throws(Refusal) -> DeployModel.ExitCode {
        let plan = try await breakGlass.plan(request) { StandardError.print($0) }
        StandardError.print(plan.text)
        guard yes || Terminal.ask(plan.question) else {
            StandardError.print("nothing was touched")
            return .refused
        }
        SystemLog.note(plan.headline)
        let result = try await breakGlass.deploy(plan, interruptions: Interruption.stream()) {
            StandardError.print($0.line)
        }
        SystemLog.note(result.headline)
        print(result.text)
        print(await breakGlass.publish(result))
        return result.exitCode
    }
}

/// Signals while a deployment is under way.
enum Interruption {
    /// From now on a lost terminal ends nothing, and Ctrl-C or SIGTERM is an element with what is to be said of it.
    static func stream() -> AsyncStream<String> {
        // The job is not the terminal's: its lines are lost, its end is not. Children begin with the defaults again.
        signal(SIGHUP, SIG_IGN)
        signal(SIGPIPE, SIG_IGN)
        let (stream, input) = AsyncStream<String>.makeStream()
        // task: it ends with the process, which ends with the job.
        Task {
            for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) {
                StandardError.print(
                    "interrupted: it ends at the next safe point; once a service was restarted it goes on to its verdict"
                )
                input.yield("interrupted by a signal")
            }
        }
        return stream
    }
}

/// The person, if there is one.
enum Terminal {
    /// Whether somebody can be asked: both ends are a terminal.
    static var isThere: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

    /// Asks; anything but `y` or `yes` is no.
    static func ask(_ question: String) -> Bool {
        StandardError.print(question + " [y/N]")
        let answer = readLine()?.lowercased() ?? ""
        return answer == "y" || answer == "yes"
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
