package import DeployModel

/// What the operator asked for, parsed.
package struct DeployRequest: Sendable, Equatable {
    /// What is to be done.
    package var purpose: Purpose
    /// The services; empty for all.
    package var services: [ServiceName]
    /// The branch; nil for the hosts' default.
    package var branch: BranchName?
    /// The commit; nil for what the remote has.
    package var commit: CommitID?
    /// The source; nil when there is only one.
    package var source: SourceName?
    /// The hosts; empty for all that have the services.
    package var hosts: [HostSelector]
    /// The hosts to leave out.
    package var excluded: [HostSelector]
    /// How many hosts are dispatched together.
    package var waves: WaveSizes
    /// Why.
    package var reason: Reason
    /// Whether a failed host goes back.
    package var revertsFailedHost: Bool
    /// Whether services that share a checkout with the named ones come along.
    package var includesSiblings: Bool

    /// What an order is for.
    package enum Purpose: String, Sendable {
        /// To the remote's commit, or the one that is named; only forward.
        case deploy
        /// The same commit in new processes, without git.
        case restart
        /// Back to the commit that was verified before, or to the one that is named.
        case rollback
    }

    /// A request; see the properties.
    package init(
        _ purpose: Purpose = .deploy, services: [ServiceName], branch: BranchName? = nil, commit: CommitID? = nil,
        source: SourceName? = nil,
        hosts: [HostSelector] = [], excluded: [HostSelector] = [], waves: WaveSizes = .oneByOne, reason: Reason = .none,
        revertsFailedHost: Bool = true,
        includesSiblings: Bool = true
    ) {
        self.purpose = purpose
        self.services = services
        self.branch = branch
        self.commit = commit
        self.source = source
        self.hosts = hosts
        self.excluded = excluded
        self.waves = waves
        self.reason = reason
        self.revertsFailedHost = revertsFailedHost
        self.includesSiblings = includesSiblings
    }
}
