import RedisClient

extension CoordinationError {
    /// Whether the same call may do later without anybody's help: a server that is away, busy or full, but not a password,
    /// a right or a contract that does not fit.
    package var isPassing: Bool {
        guard case .redis(let error) = self else { return false }
        switch error {
        case .unreachable, .isReplica, .handshakeRefused, .deadline, .connectionLost, .protocolViolation: return true
        case .invalidAddress, .invalidCommand, .serverTooOld, .needsPassword, .wrongPassword, .notPermitted, .cancelled,
            .closed:
            return false
        case .reply(let reply):
            switch reply.kind {
            case .retry, .rebuild, .degrade, .noScript, .unclassified: return true
            case .alarm, .misuse: return false
            }
        }
    }
}
