import RedisClient

/// What kind of error a call to Redis ended with: few words, for counting, and a different thing to look at for each.
package enum CallFault: String, Sendable, CaseIterable {
    /// No connection: refused, no route, an unknown name.
    case unreachable
    /// No secure connection.
    case insecure
    /// The server is too old or a replica, or refused the handshake.
    case wrongServer = "wrong_server"
    /// User, password or rights.
    case permission
    /// No answer in time.
    case deadline
    /// The connection ended while the answer was awaited.
    case connectionLost = "connection_lost"
    /// The server has no room for writes: memory, disk or replicas.
    case degraded
    /// The server is busy or starting.
    case busy
    /// Any other error that the server replied.
    case reply
    /// Something that is not Redis' protocol, or more than the limits allow.
    case protocolViolation = "protocol_violation"
    /// The call could not be sent as it was.
    case unusable

    /// The kind of an error; nil for what we ended ourselves.
    init?(_ error: RedisError) {
        switch error {
        case .unreachable: self = .unreachable
        case .insecure: self = .insecure
        case .serverTooOld, .isReplica, .handshakeRefused: self = .wrongServer
        case .needsPassword, .wrongPassword, .notPermitted: self = .permission
        case .deadline: self = .deadline
        case .connectionLost: self = .connectionLost
        case .reply(let error): self = Self.of(error)
        case .protocolViolation: self = .protocolViolation
        case .invalidAddress, .invalidCommand, .unusableFile: self = .unusable
        case .cancelled, .closed: return nil
        }
    }

    private static func of(_ error: RedisReplyError) -> CallFault {
        if ["NOPERM", "NOAUTH", "WRONGPASS"].contains(error.code) { return .permission }
        return switch error.kind {
        case .degrade: .degraded
        case .retry: .busy
        case .rebuild, .alarm, .noScript, .misuse, .unclassified: .reply
        }
    }
}
