import DeployModel

/// What this machine is: what its name in the fleet is bound to, and this boot.
package struct HostIdentity: Sendable, Equatable {
    /// `/etc/machine-id`.
    package let machineID: String
    /// `/proc/sys/kernel/random/boot_id`.
    package let bootID: String
    /// The agent's own version.
    package let agentVersion: String

    /// The identity of a machine.
    package init(machineID: String, bootID: String, agentVersion: String) {
        self.machineID = machineID
        self.bootID = bootID
        self.agentVersion = agentVersion
    }
}
