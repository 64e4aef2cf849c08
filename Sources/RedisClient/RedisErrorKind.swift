/// What an error reply asks of the one who gets it.
package enum RedisErrorKind: String, Sendable, CaseIterable {
    /// The server is busy or starting: the same call may do later.
    case retry
    /// This server is no longer the one to talk to: the connection is dropped, and the next call asks for the role again.
    case rebuild
    /// The server takes no writes for lack of memory, disk or replicas: begin nothing new.
    case degrade
    /// A person must mend something: credentials, rights, or a poisoned stream.
    case alarm
    /// The server does not hold the script; `RedisClient.evaluate` answers this one itself.
    case noScript
    /// The command is wrong for the server or for the key: an error of the program, or another writer's doing.
    case misuse
    /// A text that is not in the table: handled as `rebuild`, and reported as `alarm`.
    case unclassified

    /// Whether the connection that carried it is given up.
    package var dropsConnection: Bool { self == .rebuild || self == .unclassified }

    /// Whether the same call can succeed later although nobody changes the call or the server's settings. What is not known
    /// is given the chance.
    package var mayPass: Bool {
        switch self {
        case .retry, .rebuild, .degrade, .noScript, .unclassified: true
        case .alarm, .misuse: false
        }
    }

    /// Whether a person should hear of it.
    package var needsPerson: Bool { self == .alarm || self == .unclassified }
}

extension RedisErrorKind {
    /// Kinds of the codes that have but one. Codes are Redis 7's: server.c `createSharedObjects`, and the sources of
    /// ACL, cluster and scripting.
    private static let byCode: [String: RedisErrorKind] = [
        "TIMEOUT": .retry, "LOADING": .retry, "BUSY": .retry, "TRYAGAIN": .retry, "CLUSTERDOWN": .retry,
        "MASTERDOWN": .retry, "INPROG": .retry,
        "READONLY": .rebuild, "UNBLOCKED": .rebuild, "MOVED": .rebuild, "ASK": .rebuild,
        "OOM": .degrade, "MISCONF": .degrade, "NOREPLICAS": .degrade,
        "NOAUTH": .alarm, "WRONGPASS": .alarm, "NOPERM": .alarm, "DENIED": .alarm,
        "NOSCRIPT": .noScript,
        "WRONGTYPE": .misuse, "CROSSSLOT": .misuse, "EXECABORT": .misuse, "BUSYKEY": .misuse, "BUSYGROUP": .misuse,
        "NOGROUP": .misuse, "NOPROTO": .misuse, "NOTBUSY": .misuse, "UNKILLABLE": .misuse,
    ]

    /// Texts that tell apart what Redis lumps together under `ERR`; the first that occurs decides.
    private static let byText: [(fragment: String, kind: RedisErrorKind)] = [
        ("max number of clients reached", .retry),
        ("exhausted the last possible ID", .alarm),
        ("unknown command", .misuse), ("unknown subcommand", .misuse),
        ("wrong number of arguments", .misuse), ("syntax error", .misuse),
        ("is not an integer", .misuse), ("is not a valid float", .misuse),
        ("would overflow", .misuse), ("out of range", .misuse), ("no such key", .misuse), ("without MULTI", .misuse),
        ("Invalid stream ID", .misuse), ("The ID specified in XADD", .misuse), ("stream ID", .misuse),
        ("Number of keys", .misuse), ("Error compiling script", .misuse), ("user_script:", .misuse),
        ("Write commands are not allowed", .misuse), ("Protocol error", .misuse),
    ]

    /// Classifies by the code and, for `ERR`, by known texts.
    init(code: String, message: String) {
        if let kind = Self.byCode[code] {
            self = kind
        } else if code == "ERR", let known = Self.byText.first(where: { message.contains($0.fragment) }) {
            self = known.kind
        } else {
            self = .unclassified
        }
    }
}
