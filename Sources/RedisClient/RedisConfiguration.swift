/// How one client reaches its server, and how it behaves while the server is away.
package struct RedisConfiguration: Sendable {
    /// Where the server listens.
    package var address: RedisAddress
    /// TLS to the server; nil speaks without. What is set here is never done without.
    package var tls: RedisTLS?
    /// The ACL user; nil means Redis' user `default`.
    package var username: String?
    /// The user's password; nil sends no AUTH unless a username is set.
    package var password: RedisPassword?
    /// Shown by CLIENT LIST; Redis takes printable ASCII without spaces.
    package var clientName: String
    /// Bounds one attempt to connect: name lookup, socket and handshake together.
    package var connectLimit: Duration
    /// A server older than this is refused.
    package var minimumVersion: RedisVersion
    /// Whether a replica is refused.
    package var requiresPrimary: Bool
    /// Bounds the largest reply in bytes, and with it the memory that a peer can make the client hold.
    package var replyLimit: Int
    /// The wait between attempts to connect.
    package var backoff: Backoff
    /// When true, a failed attempt to connect fails all calls that wait for it at once, and calls during the backoff
    /// repeat that error without an attempt; when false, calls wait for the next attempt until their deadline.
    package var failFast: Bool

    /// See the properties for the meaning of each argument.
    package init(
        address: RedisAddress, tls: RedisTLS? = nil, username: String? = nil, password: RedisPassword? = nil,
        clientName: String,
        connectLimit: Duration = .seconds(3), minimumVersion: RedisVersion = RedisVersion(7, 0),
        requiresPrimary: Bool = true, replyLimit: Int = 64 << 20, backoff: Backoff = Backoff(), failFast: Bool = false
    ) {
        self.address = address
        self.tls = tls
        self.username = username
        self.password = password
        self.clientName = clientName
        self.connectLimit = connectLimit
        self.minimumVersion = minimumVersion
        self.requiresPrimary = requiresPrimary
        self.replyLimit = replyLimit
        self.backoff = backoff
        self.failFast = failFast
    }
}
