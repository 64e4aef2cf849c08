package import DeployModel

/// Where metrics may be had: a place that nobody reaches from another machine.
package enum MetricsAddress: Sendable, Equatable, CustomStringConvertible {
    /// A unix socket.
    case unix(path: CanonicalPath)
    /// A TCP port of the loopback interface; port 0 is one that is free.
    case loopback(host: String, port: Int)

    /// The longest path that a socket's address holds: sockaddr_un has 108 bytes, the last one is NUL (unix(7)).
    private static let longestPath = 107

    /// Reads `unix:/path`, `127.0.0.1:port` (or another address of 127.0.0.0/8) or `[::1]:port`.
    ///
    /// - Throws: ``InvalidText`` for everything else. A name is refused too: what it means today, another file decides tomorrow.
    package init(parsing text: String) throws(InvalidText) {
        guard let address = Self.unix(text) ?? Self.loopback(text) else {
            throw InvalidText(
                noun: "place for metrics", text: text,
                grammar:
                    "unix:/path of at most \(Self.longestPath) bytes, 127.0.0.1:port or [::1]:port, for nobody from "
                    + "outside of this host should read them; a proxy in front may ask who does")
        }
        self = address
    }

    private static func unix(_ text: String) -> MetricsAddress? {
        guard text.hasPrefix("unix:"), let path = try? CanonicalPath(text.dropFirst("unix:".count)),
            path.text.utf8.count <= longestPath, path.text != "/"
        else { return nil }
        return .unix(path: path)
    }

    private static func loopback(_ text: String) -> MetricsAddress? {
        guard let colon = text.lastIndex(of: ":"), let port = number(text[text.index(after: colon)...], 1...65535)
        else { return nil }
        let host = text[..<colon]
        if host == "[::1]" { return .loopback(host: "::1", port: port) }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4, parts.first == "127", parts.allSatisfy({ number($0, 0...255) != nil }) else {
            return nil
        }
        return .loopback(host: String(host), port: port)
    }

    /// Digits without a sign or a leading zero: 0177.1 is 127.0.0.1 to some and not to others.
    private static func number(_ text: Substring, _ range: ClosedRange<Int>) -> Int? {
        DecimalNumber.parse(Array(text.utf8)).flatMap { Int(exactly: $0) }.flatMap { range.contains($0) ? $0 : nil }
    }

    package var description: String {
        switch self {
        case .unix(let path): "unix:\(path)"
        case .loopback(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
    }
}
