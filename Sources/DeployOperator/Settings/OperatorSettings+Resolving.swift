import DeployModel
import SettingsFile

extension OperatorSettings {
    /// One context of the settings file.
    struct Context: Equatable {
        var fleet: String?
        var redis: String?
        var tls: TLSSettings?
        var username: String?
        var passwordFile: String?
        var operatorName: String?
        var signatures: String?
    }

    /// Puts the settings together: flag, then `QTCTL_*`, then the file's context, then the stack's `REDIS_HOST` and
    /// `REDIS_PORT` (for the address alone).
    ///
    /// - Parameters:
    ///   - flags: what was said on the command line.
    ///   - file: the settings file's name and text; nil when there is none.
    ///   - environment: the variables of this process.
    ///   - hostname: of this machine, for the default name of the operator.
    /// - Returns: the settings of one command.
    /// - Throws: ``OperatorError/usage(_:)`` that names what is missing and the ways to say it.
    package static func resolve(
        _ flags: Flags, file: (name: String, text: String)?, environment: [String: String], hostname: String
    ) throws(OperatorError) -> OperatorSettings {
        let context = try context(flags.context ?? environment["QTCTL_CONTEXT"], file)
        let fleet = flags.fleet ?? environment["QTCTL_FLEET"] ?? context.fleet
        guard let fleet else {
            throw .usage(
                "no fleet is named: use --fleet, QTCTL_FLEET, or a context in \(file?.name ?? "~/.config/qtctl/config.yaml")"
            )
        }
        guard let redis = flags.redis ?? environment["QTCTL_REDIS"] ?? context.redis ?? stackAddress(environment) else {
            throw .usage(
                "no Redis is named: use --redis, QTCTL_REDIS, or a context in \(file?.name ?? "~/.config/qtctl/config.yaml")"
            )
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
            fleet: try parse(fleet), redis: redis, tls: try tls(context.tls, environment),
            username: environment["QTCTL_REDIS_USERNAME"] ?? context.username,
            passwordFile: environment["QTCTL_REDIS_PASSWORD_FILE"] ?? context.passwordFile,
            operatorName: try parse(name))
    }

    /// The context's TLS holds for whatever address is said instead of its own: naming another server is no word for speaking
    /// to it in the clear.
    private static func tls(
        _ context: TLSSettings?, _ environment: [String: String]
    ) throws(OperatorError) -> TLSSettings? {
        func said(_ part: String, _ below: PlacedText?) -> PlacedText? {
            let name = "QTCTL_REDIS_TLS_\(part)"
            return environment[name].map { PlacedText($0, from: name) } ?? below
        }
        let certificate = said("CERTIFICATE_FILE", context?.certificate)
        let key = said("KEY_FILE", context?.key)
        let serverName = said("SERVER_NAME", context?.serverName)
        guard let authorities = said("CA_FILE", context?.authorities) else {
            guard let alone = certificate ?? key ?? serverName else { return nil }
            throw .usage(alone.error("is set, and no authority is: set QTCTL_REDIS_TLS_CA_FILE too").description)
        }
        if let alone = (certificate == nil) != (key == nil) ? certificate ?? key : nil {
            throw .usage(alone.error("certificate and key go together: set both").description)
        }
        return TLSSettings(authorities: authorities, certificate: certificate, key: key, serverName: serverName)
    }

    private static func stackAddress(_ environment: [String: String]) -> String? {
        environment["REDIS_HOST"].map { "\($0):\(environment["REDIS_PORT"] ?? "6379")" }
    }

    /// Without a signature the name is what this machine says: the person behind sudo, at this machine.
    private static func defaultOperator(_ environment: [String: String], _ hostname: String) -> String {
        let user = environment["SUDO_USER"] ?? environment["USER"] ?? "somebody"
        let fitting = "\(user)@\(hostname)".map { OperatorName.accepts(Array("a\($0)".utf8)) ? $0 : "-" }
        return String(fitting.drop { !OperatorName.accepts(Array(String($0).utf8)) }.prefix(128))
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

    /// Only the context that is used is judged: a slip in another one must not stand in the way of a deployment.
    private static func choose(
        _ name: String?, _ root: [String: SettingsValue], _ file: String
    ) throws(SettingsError) -> Context {
        var contexts: [String: SettingsValue] = [:]
        if let value = root["contexts"] { contexts = try value.anyMembers() }
        var chosen = name
        if chosen == nil, let value = root["context"] { chosen = try value.text() }
        guard let chosen else { return Context() }
        if let value = contexts[chosen] { return try Context(value) }
        let known = contexts.keys.sorted()
        let near = NearWord.of(chosen, among: known).map { "; \($0) was meant?" } ?? ""
        let problem =
            "there is no context \(chosen)\(near)" + (known.isEmpty ? "" : " (known: \(known.joined(separator: ", ")))")
        if name == nil, let value = root["context"] { throw value.error(problem) }
        throw SettingsError(file: file, line: nil, problem: problem)
    }
}

extension OperatorSettings.Context {
    init(_ value: SettingsValue) throws(SettingsError) {
        let members = try value.members([
            "fleet", "redis", "tls", "username", "password_file", "operator", "signatures",
        ])
        fleet = try members["fleet"]?.text()
        redis = try members["redis"]?.text()
        if let block = members["tls"] { tls = try TLSSettings.read(block) }
        username = try members["username"]?.text()
        passwordFile = try members["password_file"]?.text()
        operatorName = try members["operator"]?.text()
        signatures = try members["signatures"]?.text()
    }
}
