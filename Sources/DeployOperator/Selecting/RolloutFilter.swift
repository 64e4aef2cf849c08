import Coordination
package import DeployModel

/// Which rollouts a person wants to see. Empty lists take all.
package struct RolloutFilter: Sendable {
    /// How many at most.
    package var count: Int
    /// Those with any of these services.
    package var services: [ServiceName]
    /// Those in any of these states.
    package var states: [RolloutState]
    /// Those of operators whose name begins with any of these.
    package var operators: [String]
    /// Those that were submitted no longer ago than this; nil for all.
    package var age: Duration?

    /// A filter; see the properties.
    package init(
        count: Int, services: [ServiceName] = [], states: [RolloutState] = [], operators: [String] = [],
        age: Duration? = nil
    ) {
        self.count = count
        self.services = services
        self.states = states
        self.operators = operators
        self.age = age
    }

    /// Whether it leaves none out but for their number.
    var takesAll: Bool { services.isEmpty && states.isEmpty && operators.isEmpty && age == nil }

    /// Whether a rollout is wanted, its age aside.
    func accepts(_ rollout: RolloutRecord) -> Bool {
        (services.isEmpty || rollout.services.contains(where: services.contains))
            && (states.isEmpty || rollout.state.map(states.contains) == true)
            && (operators.isEmpty || operators.contains(where: rollout.operatorName.hasPrefix))
    }

    /// The moment from which rollouts count, by the server's clock; nil for all.
    func start(_ fleet: Fleet) async throws(CoordinationError) -> Timestamp? {
        guard let age else { return nil }
        return try await fleet.serverTime().adding(milliseconds: -HumanDuration(age).milliseconds)
    }
}
