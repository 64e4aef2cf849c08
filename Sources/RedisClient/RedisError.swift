/// Why a call to Redis gave no value.
///
/// Whether the server carried the command out is open after `deadline` and `connectionLost`; and after `cancelled`, `closed`
/// and `protocolViolation` when they end a call whose command was already sent. After `reply` the server has judged it.
/// After every other case it was not sent.
package enum RedisError: Error, Sendable, Equatable {
    /// The text is no address.
    case invalidAddress(String, reason: String)
    /// The command can't be sent: it is empty or too large.
    case invalidCommand(String)
    /// A file of the TLS settings can't be used.
    case unusableFile(String, problem: String)
    /// No connection: refused, no route, name unknown, or no answer in time.
    case unreachable(RedisAddress, reason: String)
    /// No secure connection: server and client could not prove to each other who they are.
    case insecure(RedisAddress, RedisTLSFault)
    /// The server is older than the configuration allows. `version` is what it said, or `before 6.0`.
    case serverTooOld(RedisAddress, version: String, minimum: RedisVersion)
    /// The server is a replica, and the configuration asks for the primary.
    case isReplica(RedisAddress)
    /// The server asks for a password, and the configuration has none.
    case needsPassword(RedisAddress)
    /// User and password do not fit, or the user is off.
    case wrongPassword(RedisAddress, username: String)
    /// The user may not do what every connection needs.
    case notPermitted(RedisAddress, username: String, message: String)
    /// The server refused the handshake for another reason.
    case handshakeRefused(RedisAddress, RedisReplyError)
    /// The server replied with an error. The connection goes on unless the error's kind says otherwise.
    case reply(RedisReplyError)
    /// No reply in time; the socket was closed so that a late one can't be taken for another command's.
    case deadline(command: String, limit: Duration)
    /// The connection ended while the reply was awaited.
    case connectionLost(RedisAddress, reason: String)
    /// The peer sent what is not RESP2, or more than the limits allow; the connection was closed. Commands in flight may
    /// have been carried out.
    case protocolViolation(String)
    /// The calling task was cancelled; a command that was sent may still be carried out.
    case cancelled
    /// The client was closed; a command that was sent may still be carried out.
    case closed
}

extension RedisError {
    /// Whether the same call can succeed later although nobody mends anything: a lost connection or a busy server passes,
    /// a wrong password does not. It says nothing about the outcome of this call: look first where that is open.
    package var mayPass: Bool {
        switch self {
        case .unreachable, .isReplica, .deadline, .connectionLost: true
        case .insecure(_, let fault): fault.mayPass
        case .handshakeRefused(_, let error), .reply(let error): error.kind.mayPass
        case .invalidAddress, .invalidCommand, .unusableFile, .serverTooOld, .needsPassword, .wrongPassword,
            .notPermitted, .protocolViolation, .cancelled, .closed:
            false
        }
    }
}

extension RedisError {
    /// The path or the text of the settings that the error is about, so that its place can be told; nil for other errors.
    package var subject: String? {
        switch self {
        case .invalidAddress(let text, _), .unusableFile(let text, _): text
        case .invalidCommand, .unreachable, .insecure, .serverTooOld, .isReplica, .needsPassword, .wrongPassword,
            .notPermitted, .handshakeRefused, .reply, .deadline, .connectionLost, .protocolViolation, .cancelled,
            .closed:
            nil
        }
    }
}

extension RedisError: CustomStringConvertible {
    /// One line that names the thing and the remedy. No case holds a password.
    package var description: String {
        switch self {
        case .invalidAddress(let text, let reason): "\(text.onOneLine) is no Redis address: \(reason)"
        case .invalidCommand(let reason): "a Redis command can't be sent: \(reason)"
        case .unusableFile(let path, let problem): "\(path.onOneLine) \(problem.onOneLine)"
        case .unreachable(let address, let reason):
            "Redis at \(address) can't be reached: \(reason.onOneLine); check the address and that the server runs"
        case .insecure(let address, let fault): "Redis at \(address): \(fault)"
        case .serverTooOld(let address, let version, let minimum):
            "Redis at \(address) is version \(version.onOneLine); \(minimum) or later is needed: upgrade the server"
        case .isReplica(let address):
            "Redis at \(address) is a replica and takes no writes: give the address of its primary"
        case .needsPassword(let address):
            "Redis at \(address) asks for a password: configure the user and the file that holds its password"
        case .wrongPassword(let address, let username):
            "Redis at \(address) refuses user \(username.onOneLine): wrong password, or the user is off (ACL LIST)"
        case .notPermitted(let address, let username, let message):
            "Redis at \(address) lets user \(username.onOneLine) not connect: \(message.onOneLine); "
                + "its ACL needs +hello and +info"
        case .handshakeRefused(let address, let error): "Redis at \(address) refused the handshake: \(error)"
        case .reply(let error): "Redis replied: \(error)"
        case .deadline(let command, let limit):
            "Redis did not answer \(command) within \(limit); the outcome is unknown: look before trying again"
        case .connectionLost(let address, let reason):
            "the connection to Redis at \(address) was lost (\(reason.onOneLine)); "
                + "the outcome is unknown: look before trying again"
        case .protocolViolation(let what):
            "the peer does not speak Redis' protocol: \(what.onOneLine); check that the address is a Redis server's"
        case .cancelled: "the call to Redis was cancelled"
        case .closed: "the Redis client is closed"
        }
    }
}
