/// Where a Redis server listens.
package enum RedisAddress: Sendable, Hashable {
    /// A host name or IP literal (an IPv6 literal without brackets) and a port in 1...65535.
    case tcp(host: String, port: Int)
    /// The absolute path of a unix socket.
    case unix(path: String)
}

extension RedisAddress {
    /// The longest socket path that fits `sockaddr_un.sun_path` with its final NUL (unix(7)).
    private static let longestSocketPath = 107

    /// Reads `host:port`, `[v6]:port` or `unix:/path`.
    ///
    /// - Throws: `RedisError.invalidAddress`; text that may hold a password (`user:password@host`, a URL) is refused
    ///   without being repeated in the error.
    package init(parsing text: String) throws(RedisError) {
        guard !text.contains("@"), !text.contains("://") else {
            throw .invalidAddress(
                "the Redis address",
                reason:
                    "a URL or credentials do not belong in it; write host:port or unix:/path, and for TLS a tls block")
        }
        guard text.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7f }) else {
            throw .invalidAddress(text, reason: "it contains white space or control characters")
        }
        if text.hasPrefix("unix:") {
            self = .unix(path: try Self.socketPath(text.dropFirst(5), of: text))
        } else if text.hasPrefix("[") {
            self = try Self.bracketed(text)
        } else {
            self = try Self.hostAndPort(text)
        }
    }

    private static func socketPath(_ path: Substring, of text: String) throws(RedisError) -> String {
        guard path.hasPrefix("/") else {
            throw .invalidAddress(text, reason: "the path of a unix socket starts with '/': write unix:/path")
        }
        guard path.utf8.count <= longestSocketPath else {
            throw .invalidAddress(text, reason: "a socket path has at most \(longestSocketPath) bytes")
        }
        return String(path)
    }

    private static func bracketed(_ text: String) throws(RedisError) -> RedisAddress {
        guard let end = text.firstIndex(of: "]") else {
            throw .invalidAddress(text, reason: "']' is missing: write [v6 address]:port")
        }
        let host = text[text.index(after: text.startIndex)..<end]
        let rest = text[text.index(after: end)...]
        let characters = Set("0123456789abcdefABCDEF:.%")
        guard host.contains(":"), host.prefix(while: { $0 != "%" }).allSatisfy(characters.contains) else {
            throw .invalidAddress(text, reason: "only an IPv6 address stands in brackets")
        }
        guard rest.hasPrefix(":") else {
            throw .invalidAddress(text, reason: "the port is missing: write [v6 address]:port")
        }
        return .tcp(host: String(host), port: try port(rest.dropFirst(), of: text))
    }

    private static func hostAndPort(_ text: String) throws(RedisError) -> RedisAddress {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count > 1 else {
            throw .invalidAddress(text, reason: "the port is missing: write host:port, for example redis-1:6379")
        }
        guard parts.count == 2 else {
            throw .invalidAddress(text, reason: "an IPv6 address needs brackets: write [v6 address]:port")
        }
        guard !parts[0].isEmpty, !parts[0].contains("/") else {
            throw .invalidAddress(text, reason: "the host is missing: write host:port or unix:/path")
        }
        return .tcp(host: String(parts[0]), port: try port(parts[1], of: text))
    }

    private static func port(_ digits: Substring, of text: String) throws(RedisError) -> Int {
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(digits),
            (1...65535).contains(port)
        else {
            throw .invalidAddress(text, reason: "the port is a number from 1 to 65535")
        }
        return port
    }
}

extension RedisAddress: CustomStringConvertible {
    /// The form that `init(parsing:)` reads.
    package var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}
