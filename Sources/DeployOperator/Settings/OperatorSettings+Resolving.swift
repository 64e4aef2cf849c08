package import DeployModel
import Glibc
import SettingsFile

extension OperatorSettings {
    /// One context of the settings file.
    struct Context: Equatable {
        var fleet: PlacedText?
        var redis: PlacedText?
        var tls: TLSSettings?
        var username: PlacedText?
        var passwordFile: PlacedText?
        var operatorName: PlacedText?
        var signatures: PlacedText?
        var signingKey: PlacedText?
        var allowedSigners: PlacedText?
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
        func said(_ flag: (String?, String)?, _ variable: String, _ below: PlacedText?) -> PlacedText? {
            if let flag, let text = flag.0 { return PlacedText(text, from: flag.1) }
            return environment[variable].map { PlacedText($0, from: variable) } ?? below
        }
        let home = "or a context in \(file?.name ?? "~/.config/qtctl/config.yaml")"
        let fleet = try required(
            said((flags.fleet, "--fleet"), "QTCTL_FLEET", context.fleet), "fleet", "--fleet, QTCTL_FLEET, \(home)")
        let redis = try required(
            said((flags.redis, "--redis"), "QTCTL_REDIS", context.redis ?? stackAddress(environment)), "Redis",
            "--redis, QTCTL_REDIS, \(home)")
        let key = said(nil, "QTCTL_SIGNING_KEY", context.signingKey)
        let signatures = said(nil, "QTCTL_SIGNATURES", context.signatures)
        let signers = said(nil, "QTCTL_ALLOWED_SIGNERS", context.allowedSigners) ?? Self.hostsOwnSigners
        let username = said(nil, "QTCTL_REDIS_USERNAME", context.username)
        let passwordFile = said(nil, "QTCTL_REDIS_PASSWORD_FILE", context.passwordFile)
        let named = said(nil, "QTCTL_OPERATOR", context.operatorName)
        let name = named ?? defaultOperator(environment, hostname)
        let tls = try tls(context.tls, environment)
        let placed: [(String, PlacedText?)] = [
            ("fleet", fleet), ("redis", redis), ("tls.ca_file", tls?.authorities),
            ("tls.certificate_file", tls?.certificate), ("tls.key_file", tls?.key),
            ("tls.server_name", tls?.serverName),
            ("username", username), ("password_file", passwordFile), ("operator", name), ("signing_key", key),
            ("signatures", signatures), ("allowed_signers", signers),
        ]
        return OperatorSettings(
            fleet: try parse(fleet.text), redis: redis.text, tls: tls, username: username?.text,
            passwordFile: passwordFile?.text, operatorName: try parse(name.text), isOperatorSaid: named != nil,
            signing: try signing(key, signatures, environment), allowedSigners: signers.map { path($0, environment) },
            origins: placed.compactMap { setting, text in
                text.map { Origin(setting: setting, value: $0.text, place: $0.place) }
            })
    }

    private static func required(
        _ text: PlacedText?, _ what: String, _ ways: String
    ) throws(OperatorError) -> PlacedText {
        guard let text else { throw .usage("no \(what) is named: use \(ways)") }
        return text
    }

    /// A key signs; without one that must be said in words. Both at once leave open what is meant.
    private static func signing(
        _ key: PlacedText?, _ signatures: PlacedText?, _ environment: [String: String]
    ) throws(OperatorError) -> Signing {
        if let signatures, signatures.text != "off" {
            throw .usage(
                signatures.error(
                    "\(VisibleText(signatures.text)) is not known: off is, and signing_key for the opposite"
                )
                .description)
        }
        if let key, let signatures {
            throw .usage(
                "signatures is off (\(signatures.place)) and signing_key is set (\(key.place)): take one of them away")
        }
        if let key { return .key(path(key, environment)) }
        return signatures == nil ? .unsaid : .off
    }

    /// A path of the operator's, with `~` as their home.
    private static func path(_ text: PlacedText, _ environment: [String: String]) -> String {
        text.text.hasPrefix("~/") ? (environment["HOME"] ?? "") + text.text.dropFirst() : text.text
    }

    /// On a host of the fleet its own file is at hand.
    private static var hostsOwnSigners: PlacedText? {
        let file = "/etc/qtagent/allowed_signers"
        return access(file, R_OK) == 0 ? PlacedText(file, from: "this host's agent") : nil
    }

    /// The name of who types, where nothing says another.
    package static func usualOperator(
        _ environment: [String: String], hostname: String
    ) throws(OperatorError) -> OperatorName {
        try parse(environment["QTCTL_OPERATOR"] ?? defaultOperator(environment, hostname).text)
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

    private static func stackAddress(_ environment: [String: String]) -> PlacedText? {
        environment["REDIS_HOST"].map {
            PlacedText("\($0):\(environment["REDIS_PORT"] ?? "6379")", from: "REDIS_HOST, REDIS_PORT")
        }
    }

    /// Without a signature the name is what this machine says: the person behind sudo, at this machine.
    private static func defaultOperator(_ environment: [String: String], _ hostname: String) -> PlacedText {
        let user = environment["SUDO_USER"] ?? environment["USER"] ?? "somebody"
        let fitting = "\(user)@\(hostname)".map { OperatorName.accepts(Array("a\($0)".utf8)) ? $0 : "-" }
        let name = String(fitting.drop { !OperatorName.accepts(Array(String($0).utf8)) }.prefix(128))
        return PlacedText(name, from: "this machine's user and name")
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
            guard let value = try OperatorContexts(file.text, file: file.name).choose(name) else { return Context() }
            return try Context(value)
        } catch {
            throw .usage(error.description)
        }
    }
}

extension OperatorSettings.Context {
    init(_ value: SettingsValue) throws(SettingsError) {
        let members = try value.members([
            "fleet", "redis", "tls", "username", "password_file", "operator", "signatures", "signing_key",
            "allowed_signers",
        ])
        fleet = try members["fleet"]?.placed()
        redis = try members["redis"]?.placed()
        if let block = members["tls"] { tls = try TLSSettings.read(block) }
        username = try members["username"]?.placed()
        passwordFile = try members["password_file"]?.placed()
        operatorName = try members["operator"]?.placed()
        signatures = try members["signatures"]?.placed()
        signingKey = try members["signing_key"]?.placed()
        allowedSigners = try members["allowed_signers"]?.placed()
    }
}
