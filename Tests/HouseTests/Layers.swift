/// A target of ours and everything that it may know about.
struct Layer {
    let name: String
    /// Targets of this package, all of them further up in the table.
    let ours: Set<String>
    /// Modules of other packages.
    let others: Set<String>
    /// Modules of the toolchain. `Foundation` is in no row: see `ArrowRule.foundation`.
    let toolchain: Set<String>

    init(_ name: String, ours: Set<String> = [], others: Set<String> = [], toolchain: Set<String> = []) {
        self.name = name
        self.ours = ours
        self.others = others
        self.toolchain = toolchain
    }

    var modules: Set<String> { ours.union(others).union(toolchain) }
}

/// The arrows of the house, lowest layer first. Who adds one here changes the design, and says why in the commit.
enum Layers {
    static let table: [Layer] = [
        Layer("CProductVersion"),
        Layer("CTerminal"),
        Layer("DeployModel", ours: ["CProductVersion"]),
        Layer("DeployProtocol", ours: ["DeployModel"]),
        Layer("CHiredis"),
        Layer(
            "RedisClient", ours: ["CHiredis"], others: ["Logging", "NIOCore", "NIOPosix", "NIOSSL", "NIOTLS"],
            toolchain: ["Glibc", "Synchronization"]),
        Layer("Coordination", ours: ["DeployModel", "DeployProtocol", "RedisClient"], others: ["Logging"]),
        Layer("SettingsFile", ours: ["DeployModel"], others: ["Yams"], toolchain: ["FoundationEssentials"]),
        Layer(
            "HostControl", ours: ["DeployModel"],
            others: ["NIOCore", "NIOHTTP1", "NIOPosix", "Subprocess", "SystemPackage"],
            toolchain: ["FoundationEssentials", "Glibc"]),
        Layer(
            "DeployAgent", ours: ["DeployModel", "Coordination", "HostControl", "SettingsFile"],
            others: ["Logging", "ServiceLifecycle", "SystemPackage"],
            toolchain: ["FoundationEssentials", "Glibc", "Synchronization"]),
        Layer(
            "DeployOperator", ours: ["CTerminal", "DeployModel", "DeployProtocol", "Coordination", "SettingsFile"],
            others: ["Subprocess", "SystemPackage"],
            toolchain: ["FoundationEssentials", "Glibc"]),
        Layer(
            "qtagent",
            ours: ["DeployModel", "DeployAgent", "Coordination", "HostControl", "RedisClient", "SettingsFile"],
            others: ["ArgumentParser", "Logging", "ServiceLifecycle", "UnixSignals"], toolchain: ["Glibc"]),
        Layer(
            "qtctl", ours: ["DeployModel", "DeployOperator", "Coordination", "RedisClient", "SettingsFile"],
            others: ["ArgumentParser", "Logging", "UnixSignals"], toolchain: ["Glibc"]),
        Layer(
            "qtfleet", ours: ["DeployModel", "DeployAgent", "Coordination", "HostControl", "RedisClient"],
            others: ["ArgumentParser", "Logging", "ServiceLifecycle", "UnixSignals"], toolchain: ["Glibc"]),
    ]
}
