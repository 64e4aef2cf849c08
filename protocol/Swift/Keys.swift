package import DeployModel

/// The names of all keys of a fleet: the only place in Swift that writes them (`scripts/_fleet.lua` is the other one).
package struct Keys: Sendable {
    let prefix: String

    /// The keys of `fleet`. The braces keep them in one slot of a cluster.
    package init(fleet: FleetName) { prefix = "{qt:\(fleet)}:" }

    /// Hash: contract version, fleet, run_id, last beat, settings, the audit's chain. The one key that scripts are given.
    package var meta: String { prefix + "meta" }
    /// Hash: host -> membership.
    package var hosts: String { prefix + "hosts" }
    /// Hash: the facts of a host, as its last beat told them.
    package func host(_ name: HostName) -> String { prefix + "host:\(name)" }
    /// Stream: the bell of a host.
    package func commands(_ host: HostName) -> String { prefix + "commands:\(host)" }
    /// Hash: what is dispatched to a host and not accepted.
    package func pending(_ host: HostName) -> String { prefix + "pending:\(host)" }
    /// Sorted set: rollout ids by the server's time of submission.
    package var rollouts: String { prefix + "rollouts" }
    /// Sorted set: the ids of deployments by hand, by the server's time of publication.
    package var breakGlass: String { prefix + "break_glass" }
    /// Hash: the order and its state.
    package func rollout(_ id: RolloutID) -> String { prefix + "rollout:\(id)" }
    /// Hash: the hosts and targets of a rollout.
    package func targets(_ id: RolloutID) -> String { prefix + "rollout:\(id):targets" }
    /// Hash: the hosts of a large order that is about to be submitted; it goes after a minute.
    package func staged(_ id: RolloutID) -> String { prefix + "staged:\(id)" }
    /// Stream: what a follower draws.
    package func events(_ id: RolloutID) -> String { prefix + "rollout:\(id):events" }
    /// Hash: a service's owner and the hosts that have claimed it.
    package func lease(_ service: ServiceName) -> String { prefix + "lease:\(service)" }
    /// Hash: a service's highest token and last verified commits.
    package func service(_ service: ServiceName) -> String { prefix + "service:\(service)" }
    /// Sorted set: what falls due.
    package var timers: String { prefix + "timers" }
    /// Stream: a question and its answers.
    package func ask(_ id: RolloutID) -> String { prefix + "ask:\(id)" }
    /// Stream: one entry per attempt that reached its verdict.
    package var results: String { prefix + "results" }
    /// Stream: changes of hosts' states, and a beat a minute.
    package var heartbeats: String { prefix + "heartbeats" }
    /// Stream: every act of a person and every change of state.
    package var audit: String { prefix + "audit" }
}
