import DeployModel
import SettingsFile

extension OperatorSettings {
    /// One context of the settings file.
    struct Context: Equatable {
        var fleet: String?
        var redis: String?
        var username: String?
        var passwordFile: String?
        var operatorName: String?
        var signatures: String?
    }

    /// Puts the settings together: flag, then `QTCTL_*`, then the file's context, then the stack's `REDIS_HOST` and
    /// `REDIS_PORT` (for the address alone).
    ///
    /// `file` is the settings file's name and text; nil when there is none.
    /// `environment` are the variables of this process.
    /// `hostname` is that of this machine, for the default name of the operator.
    /// - Throws: ``OperatorError/usage(_:)`` that names what is missing and the ways to say it.
    package static func resolve(
        _ flags: Flags, file: (name: String, text: String)?, environment: [String: String], hostname: String
    ) throws(OperatorError) -> OperatorSettings {
        let context = try context(flags.context ?? environment["QTCTL_CONTEXT"], file)
        let fleet = flags.fleet ?? environment["QTCTL_FLEET"] ?? context.fleet
        guard let fleet else {
            throw .usage("no fleet is named: use --fleet, QTCTL_FLEET, or a context in ~/.config/qtctl/config.yaml")
        }
        guard let redis = flags.redis ?? environment["QTCTL_REDIS"] ?? context.redis ?? stackAddress(environment) else {
            throw .usage("no Redis is named: use --redis, QTCTL_REDIS, or a context in ~/.config/qtctl/config.yaml")
        }
        guard let signatures = environment["QTCTL_SIGNATURES"] ?? context.signatures else {
            throw .usage(
                "this version does not sign orders; say so in words: signatures: off in the context, or QTCTL_SIGNATURES=off"
            )
        }
        guard signatures == "off" else {
            throw .usage("signatures: \(VisibleText(signatures)) is not known: this version only knows off")
        }
        let name = environment["QTCTL_OPERATOR"] ?? context.operatorName ?? defaultOperator(environment, hostname)
        return OperatorSettings(
            fleet: try parse(fleet), redis: redis, username: environment["QTCTL_REDIS_USERNAME"] ?? context.username,
            passwordFile: environment["QTCTL_REDIS_PASSWORD_FILE"] ?? context.passwordFile,
            operatorName: try parse(name))
    }

    private static func stackAddress(_ environment: [String: String]) -> String? {
        environment["REDIS_HOST"].map { "\($0):\(environment["REDIS_PORT"] ?? "6379")" }
    }

    /// Without a signature the name is what this machine says: the person behind sudo, at this machine.
    private static func defaultOperator(_ environment: [String: String], _ hostname: String) -> String {
        let user = environment["SUDO_USER"] ?? environment["USER"] ?? "somebody"
        return String("\(user)@\(hostname)".map { OperatorName.accepts(Array("a\($0)".utf8)) ? $0 : "-" })
    }

    private static func parse<Name: GrammarText>(_ text: String) throws(OperatorError) -> Name {
        do throws(InvalidText) { return try Name(text) } catch { throw .usage(error.description) }
    }

    private static func context(
        _ name: String?, _ file: (name: String, text: String)?
    ) throws(OperatorError) -> Context {
        guard let file else {
            if let name { throw .usage("context \(VisibleText(name)) is asked for, and there is no settings file") }
            return Context()
        }
        do throws(SettingsError) {
            let root = try SettingsValue.parse(file.text, file: file.name).members(["context", "contexts"])
            return try choose(name, root, file.name)
        } catch {
            throw .usage(error.description)
        }
    }

    private static func choose(
        _ name: String?, _ root: [String: SettingsValue], _ file: String
    ) throws(SettingsError) -> Context {
        var contexts: [String: SettingsValue] = [:]
        if let value = root["contexts"] { contexts = try value.anyMembers() }
        var chosen = name
        if chosen == nil, let value = root["context"] { chosen = try value.text() }
        guard let chosen else { return Context() }
        guard let value = contexts[chosen] else {
            let near = NearWord.of(chosen, among: contexts.keys.sorted()).map { "; \($0) was meant?" } ?? ""
            throw SettingsError(file: file, line: nil, problem: "there is no context \(chosen)\(near)")
        }
        return try Context(value)
    }
}

extension OperatorSettings.Context {
    init(_ value: SettingsValue) throws(SettingsError) {
        let members = try value.members(["fleet", "redis", "username", "password_file", "operator", "signatures"])
        fleet = try members["fleet"]?.text()
        redis = try members["redis"]?.text()
        username = try members["username"]?.text()
        passwordFile = try members["password_file"]?.text()
        operatorName = try members["operator"]?.text()
        signatures = try members["signatures"]?.text()
    }
}
