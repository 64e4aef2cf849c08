/// The transports that a remote may use. Everything else (`ext::`, remote helpers, plain http) is refused: the text of a
/// remote's URL must never choose a program.
package enum GitTransport: String, Sendable, CaseIterable {
    case https, ssh, git, file
}

/// A remote's URL as git would use it, after `url.*.insteadOf`.
package struct RemoteURL: Sendable, Equatable {
    /// The URL as configured; may hold a password. Never print it.
    package let text: String
    /// What it is fetched by.
    package let transport: GitTransport

    /// Takes what `git remote get-url` says.
    ///
    /// - Returns: nil when the transport is not on the allow-list. The rules are those of git-fetch(1), "GIT URLS": a text
    ///   without `://` is scp-like if a colon stands before the first slash, else a path.
    package init?(_ text: String) {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }), text.utf8.first != UInt8(ascii: "-")
        else { return nil }
        self.text = text
        if let scheme = text.firstRange(of: "://") {
            guard let transport = Self.schemes[String(text[..<scheme.lowerBound])] else { return nil }
            self.transport = transport
            return
        }
        // `helper::address` names a program.
        if text.contains("::") { return nil }
        let head = text.prefix { $0 != "/" }
        transport = head.contains(":") ? .ssh : .file
        if transport == .file && text.utf8.first != UInt8(ascii: "/") { return nil }
    }

    private static let schemes: [String: GitTransport] = [
        "https": .https, "ssh": .ssh, "git+ssh": .ssh, "ssh+git": .ssh, "git": .git, "file": .file,
    ]

    /// Whether the URL carries a password: those belong into no configuration that others can read.
    package var hasSecret: Bool {
        guard let userinfo else { return false }
        return transport == .https || userinfo.contains(":")
    }

    /// The URL for people: without what stands before the `@`, unless that is only ssh's user name.
    package var shown: String {
        guard let userinfo, hasSecret, let place = text.firstRange(of: userinfo + "@") else { return text }
        return text[..<place.lowerBound] + "***@" + text[place.upperBound...]
    }

    private var userinfo: String? {
        let rest = text.firstRange(of: "://").map { text[$0.upperBound...] } ?? text[...]
        let authority = rest.prefix { $0 != "/" }
        guard let at = authority.lastIndex(of: "@") else { return nil }
        return String(authority[..<at])
    }
}
