/// The first words on a connection, as a value: replies in, one conclusion out.
///
/// `HELLO 2` signs in, names the connection, and tells version, role and mode; it needs no more rights than `+hello`.
/// `INFO server` tells the run id, which changes with each start of the server.
struct Handshake {
    /// What is known after a reply.
    enum Step: Equatable {
        case more
        case refused(RedisError)
        case done(RedisServerFacts)
    }

    private let configuration: RedisConfiguration
    private let generation: UInt64
    private var hello: [String: String]?

    /// A handshake of the connection that will have this number if it succeeds.
    init(_ configuration: RedisConfiguration, generation: UInt64) {
        self.configuration = configuration
        self.generation = generation
    }

    /// What to send, in one go.
    var commands: [RedisCommand] {
        var hello = RedisCommand("HELLO", "2")
        if configuration.username != nil || configuration.password != nil {
            hello.arguments += [Array("AUTH".utf8), Array(username.utf8), configuration.password?.secret ?? []]
        }
        hello.arguments += [Array("SETNAME".utf8), Array(configuration.clientName.utf8)]
        return [hello, RedisCommand("INFO", "server")]
    }

    private var username: String { configuration.username ?? "default" }
    private var address: RedisAddress { configuration.address }

    /// Takes the next reply.
    mutating func receive(_ value: RedisValue) -> Step {
        if case .error(let error) = value { return .refused(refusal(error)) }
        guard let hello else { return greeted(value) }
        guard let runID = value.text.flatMap(Self.runID) else {
            return .refused(.protocolViolation("INFO server names no run_id"))
        }
        guard let version = hello["version"].flatMap(RedisVersion.init(parsing:)),
            let role = hello["role"].flatMap(RedisServerFacts.Role.init(rawValue:)), let mode = hello["mode"]
        else { return .refused(.protocolViolation("HELLO names no version, role or mode")) }
        return .done(
            RedisServerFacts(version: version, role: role, mode: mode, runID: runID, generation: generation))
    }

    private mutating func greeted(_ value: RedisValue) -> Step {
        let fields = Self.fields(value)
        guard let said = fields["version"], let version = RedisVersion(parsing: said) else {
            return .refused(.protocolViolation("HELLO names no version"))
        }
        guard version >= configuration.minimumVersion else {
            return .refused(.serverTooOld(address, version: said, minimum: configuration.minimumVersion))
        }
        guard let role = fields["role"].flatMap(RedisServerFacts.Role.init(rawValue:)) else {
            return .refused(
                .protocolViolation("HELLO names no role (mode \(fields["mode"] ?? "none")): a Sentinel is no server"))
        }
        guard role == .primary || !configuration.requiresPrimary else { return .refused(.isReplica(address)) }
        hello = fields
        return .more
    }

    private func refusal(_ error: RedisReplyError) -> RedisError {
        switch error.code {
        case "NOAUTH": .needsPassword(address)
        case "WRONGPASS": .wrongPassword(address, username: username)
        case "NOPERM": .notPermitted(address, username: username, message: error.message)
        case "ERR" where hello == nil && error.message.contains("unknown command"):
            .serverTooOld(address, version: "before 6.0", minimum: configuration.minimumVersion)
        default: .handshakeRefused(address, error)
        }
    }

    /// The flat list of names and values that RESP2 makes of HELLO's map; values that are no text are left out.
    private static func fields(_ value: RedisValue) -> [String: String] {
        let elements = value.elements ?? []
        var fields: [String: String] = [:]
        for index in stride(from: 0, to: elements.count - 1, by: 2) {
            guard let name = elements[index].text, let text = elements[index + 1].text else { continue }
            fields[name] = text
        }
        return fields
    }

    private static func runID(_ info: String) -> String? {
        let lines = info.split(whereSeparator: \.isNewline)
        guard let line = lines.first(where: { $0.hasPrefix("run_id:") }), line.count > 7 else { return nil }
        return String(line.dropFirst(7))
    }
}
