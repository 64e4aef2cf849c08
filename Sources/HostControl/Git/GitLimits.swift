/// What a git command may take. There are no defaults: the steps' limits stand in the host's configuration.
package struct GitLimits: Sendable, Equatable {
    /// For a command that only reads or writes the local repository.
    package var local: Duration
    /// For a command that talks to the remote.
    package var network: Duration
    /// Bytes that one command may print.
    package var output: Int

    /// Limits; see the properties.
    package init(local: Duration, network: Duration, output: Int) {
        self.local = local
        self.network = network
        self.output = output
    }
}
