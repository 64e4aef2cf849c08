/// What a server said about itself when the present connection was made.
package struct RedisServerFacts: Sendable, Equatable {
    /// What the server is in its replication.
    package enum Role: String, Sendable {
        /// Takes writes.
        case primary = "master"
        /// Copies another server and refuses writes.
        case replica
    }

    /// The server's version.
    package let version: RedisVersion
    /// The role at the time of connecting; a later demotion shows as a READONLY or UNBLOCKED reply.
    package let role: Role
    /// `standalone` or `cluster`.
    package let mode: String
    /// Changes with each start of the server process, and so tells a restarted server from a returned connection.
    package let runID: String
    /// Counts this client's successful connects from 1: another number means another socket.
    package let generation: UInt64
}
