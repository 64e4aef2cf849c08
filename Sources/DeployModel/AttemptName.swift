/// The name of one try at a host's targets: what dedup, journal and every call of a job go by.
package struct AttemptName: Hashable, Sendable, CustomStringConvertible {
    /// The rollout.
    package let rollout: RolloutID
    /// The host.
    package let host: HostName
    /// What is done.
    package let operation: Operation
    /// The number of the try, from 1.
    package let number: Int

    /// A try's name.
    package init(rollout: RolloutID, host: HostName, operation: Operation, number: Int) {
        self.rollout = rollout
        self.host = host
        self.operation = operation
        self.number = number
    }

    /// `<rollout>-<op>-<attempt>`: also the name of its journal's file.
    package var description: String { "\(rollout)-\(operation.rawValue)-\(number)" }
}
