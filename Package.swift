// swift-tools-version: 6.2
import PackageDescription

/// One list of settings for every Swift target: the language's strict modes, and no warning survives.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// Faults can be planted in debug builds, and in a release build only when its environment asks for it.
let failpoints: [SwiftSetting] =
    Context.environment["QTDEPLOY_FAILPOINTS"] == "1"
    ? [.define("FAILPOINTS")] : [.define("FAILPOINTS", .when(configuration: .debug))]

let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

/// What `qtctl version` says; without it, what stands in CProductVersion's header. Set by ops/dist.
let version = Context.environment["QTDEPLOY_VERSION"].map { [CSetting.define("QTDEPLOY_VERSION", to: "\"\($0)\"")] }

let package = Package(
    name: "qtdeploy",
    products: [
        .executable(name: "qtagent", targets: ["qtagent"]),
        .executable(name: "qtctl", targets: ["qtctl"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
    ],
    targets: [
        // The layers, lowest first. HouseTests holds the arrows: none points up.
        .target(name: "CProductVersion", cSettings: version),
        .target(name: "CTerminal"),
        .target(name: "DeployModel", dependencies: ["CProductVersion"], swiftSettings: strict),
        .target(
            name: "DeployProtocol", dependencies: ["DeployModel"], path: "protocol",
            exclude: ["CHANGES.md", "SPEC.md", "STATES.md", "decisions", "make-states", "vectors"],
            sources: ["Swift"], resources: [.embedInCode("scripts"), .embedInCode("states.tsv")], swiftSettings: strict),
        .systemLibrary(name: "CHiredis", pkgConfig: "hiredis", providers: [.apt(["libhiredis-dev"])]),
        .target(
            name: "RedisClient", dependencies: ["CHiredis", logging, nioCore, nioPosix, nioSSL, nioTLS],
            swiftSettings: strict),
        .target(
            name: "Coordination", dependencies: ["DeployModel", "DeployProtocol", "RedisClient", logging],
            swiftSettings: strict),
        .target(name: "SettingsFile", dependencies: ["DeployModel", yams], swiftSettings: strict),
        .target(
            name: "HostControl",
            dependencies: ["DeployModel", nioCore, nioPosix, nioHTTP1, subprocess, system],
            swiftSettings: strict),
        .target(
            name: "DeployAgent",
            dependencies: ["DeployModel", "Coordination", "HostControl", "SettingsFile", logging, lifecycle, system],
            swiftSettings: strict + failpoints),
        .target(
            name: "DeployOperator",
            dependencies: [
                "CTerminal", "DeployModel", "DeployProtocol", "Coordination", "SettingsFile", subprocess, system,
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "qtagent",
            dependencies: [
                "DeployModel", "DeployAgent", "Coordination", "HostControl", "RedisClient", "SettingsFile", arguments,
                logging,
                lifecycle, signals,
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "qtctl",
            dependencies: [
                "DeployModel", "DeployOperator", "Coordination", "RedisClient", "SettingsFile", arguments, logging,
                signals,
            ],
            swiftSettings: strict),
        // No product: what the benchmarks need of our own code.
        .executableTarget(
            name: "qtfleet",
            dependencies: [
                "DeployModel", "DeployAgent", "Coordination", "HostControl", "RedisClient", arguments, logging,
                lifecycle,
                signals,
            ],
            path: "ops/bench/fleet", swiftSettings: strict),

        .target(
            name: "TestSupport",
            dependencies: ["DeployModel", "DeployProtocol", "RedisClient", subprocess, system],
            path: "Tests/TestSupport", swiftSettings: strict),
        .testTarget(name: "DeployModelTests", dependencies: ["DeployModel", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "DeployProtocolTests",
            dependencies: ["DeployProtocol", "DeployModel", "TestSupport", subprocess, system],
            swiftSettings: strict),
        .testTarget(
            name: "RedisClientTests", dependencies: ["RedisClient", "TestSupport", nioCore, system],
            swiftSettings: strict),
        .testTarget(
            name: "CoordinationTests",
            dependencies: ["Coordination", "DeployModel", "DeployProtocol", "RedisClient", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "HostControlTests",
            dependencies: ["HostControl", "DeployModel", "TestSupport", nioCore, nioPosix, system],
            swiftSettings: strict),
        .testTarget(
            name: "DeployAgentTests",
            dependencies: [
                "DeployAgent", "DeployModel", "Coordination", "HostControl", "SettingsFile", "TestSupport", logging,
                system,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "DeployOperatorTests",
            dependencies: [
                "DeployOperator", "DeployModel", "DeployProtocol", "Coordination", "RedisClient", "SettingsFile",
                "TestSupport", subprocess, system,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "Coordination", "DeployAgent", "DeployModel", "DeployProtocol", "HostControl", "RedisClient",
                "TestSupport",
                system,
            ],
            exclude: ["bad-remote.py", "sandbox-probe.py"], swiftSettings: strict),
        .testTarget(name: "SettingsFileTests", dependencies: ["SettingsFile"], swiftSettings: strict),
        .testTarget(name: "HouseTests", swiftSettings: strict),
    ]
)
