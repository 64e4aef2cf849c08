import ArgumentParser
import Coordination
import DeployModel
import DeployOperator
import Glibc
import Logging
import RedisClient
import SettingsFile

/// A command at work: its settings, its console, its connection.
struct Session {
    let settings: OperatorSettings
    let files: UserFiles
    let console: Console
    let fleet: Fleet

    /// Connects nothing yet: the first operation does.
    init(_ options: FleetOptions, _ console: Console) throws(OperatorError) {
        let environment = Self.environment()
        files = UserFiles(environment: environment)
        settings = try OperatorSettings.resolve(
            OperatorSettings.Flags(fleet: options.fleet, redis: options.redis, context: options.context),
            file: try files.settings(), environment: environment, hostname: Self.hostname())
        self.console = console
        let address: RedisAddress
        do { address = try RedisAddress(parsing: settings.redis) } catch { throw .usage("\(error)") }
        var password: String?
        if let path = settings.passwordFile { password = try files.password(path) }
        let configuration = RedisConfiguration(
            address: address,
            tls: try settings.tls.map { (tls) throws(OperatorError) in try Self.tls(tls, to: address) },
            username: settings.username, password: password.map { RedisPassword($0) },
            clientName: "qtctl", failFast: true)
        let logger = Logger(label: "qtctl") { _ in SwiftLogNoOpLogHandler() }
        fleet = Fleet(name: settings.fleet, redis: RedisClient(configuration, logger: logger))
    }

    private static func tls(_ settings: TLSSettings, to address: RedisAddress) throws(OperatorError) -> RedisTLS {
        let files = RedisTLS.Files(
            authorities: settings.authorities.text, certificate: settings.certificate?.text, key: settings.key?.text,
            serverName: settings.serverName?.text)
        do throws(RedisError) { return try RedisTLS(files, to: address) } catch {
            throw .usage(settings.error(about: error.subject ?? "", "\(error)").description)
        }
    }

    /// Runs a command's body and exits with its code. Every error becomes words on standard error and one of our codes.
    static func run(
        _ options: FleetOptions, progress: FollowOptions.Progress = .auto,
        _ body: (Session) async throws(OperatorError) -> DeployModel.ExitCode
    ) async throws {
        let console = options.console(progress)
        try await exit(console) { () async throws(OperatorError) in try await body(try Session(options, console)) }
    }

    /// As ``run(_:progress:_:)``, for what needs no fleet.
    static func withoutFleet(
        _ options: FleetOptions, _ body: (UserFiles, Console) async throws(OperatorError) -> Void
    ) async throws {
        let console = options.console()
        try await exit(console) { () async throws(OperatorError) in
            try await body(UserFiles(environment: environment()), console)
            return .good
        }
    }

    private static func exit(
        _ console: Console, _ body: () async throws(OperatorError) -> DeployModel.ExitCode
    ) async throws {
        let code: DeployModel.ExitCode
        do throws(OperatorError) { code = try await body() } catch {
            switch error {
            case .refused(let all): console.refused(all)
            case .refusedAsShown: break
            case .usage, .fleet, .unsure, .outOfSight, .lost: console.note("qtctl: \(error)")
            }
            console.summary(error.rollout, exit: error.exitCode)
            throw ArgumentParser.ExitCode(error.exitCode.rawValue)
        }
        if code != .good { throw ArgumentParser.ExitCode(code.rawValue) }
    }

    /// The name of who types, where nothing says another.
    static func usualOperator() throws(OperatorError) -> OperatorName {
        try OperatorSettings.usualOperator(environment(), hostname: hostname())
    }

    private static func hostname() -> String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "here" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    static func environment() -> [String: String] {
        var variables: [String: String] = [:]
        for name in [
            "HOME", "USER", "SUDO_USER", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "NO_COLOR", "TERM", "REDIS_HOST",
            "REDIS_PORT", "QTCTL_ALLOWED_SIGNERS", "QTCTL_CONFIG", "QTCTL_CONTEXT", "QTCTL_FLEET", "QTCTL_OPERATOR",
            "QTCTL_REDIS",
            "QTCTL_REDIS_PASSWORD_FILE", "QTCTL_REDIS_TLS_CA_FILE", "QTCTL_REDIS_TLS_CERTIFICATE_FILE",
            "QTCTL_REDIS_TLS_KEY_FILE", "QTCTL_REDIS_TLS_SERVER_NAME", "QTCTL_REDIS_USERNAME", "QTCTL_SIGNATURES",
            "QTCTL_SIGNING_KEY",
        ] {
            if let value = getenv(name) { variables[name] = String(cString: value) }
        }
        return variables
    }
}
