import ArgumentParser
import DeployModel
import Glibc
import Logging
import RedisClient

/// A fleet on one machine, for measurements: the agent's own code over hosts that a script plays.
@main
struct QtFleet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "qtfleet",
        abstract: "Runs many agents in one process, on hosts that a script plays, against a real Redis.",
        discussion: "Enrols h1 to hN, says `ready` once all have beaten, and ends with SIGTERM.")

    @Option(help: "Redis: host:port or unix:/path.")
    var redis: String

    @Option(help: "The fleet.")
    var fleet = "bench"

    @Option(help: "How many hosts.")
    var hosts = 8

    @Option(help: "A folder for the agents' state; it is made.")
    var directory: String

    @Option(help: "How long a restarted service is watched.")
    var stableFor = "1s"

    @Option(help: "On so many hosts, the last ones, the newest release dies at its start.")
    var failing = 0

    @Option(help: "A folder with allowed_signers and revoked_keys; without it orders need no signature.")
    var signers: String?

    func validate() throws {
        guard (1...2000).contains(hosts) else { throw ValidationError("--hosts takes a number from 1 to 2000") }
        guard (0...hosts).contains(failing) else { throw ValidationError("--failing takes at most --hosts") }
    }

    func run() async throws {
        LoggingSystem.bootstrap { label in StreamLogHandler.standardError(label: label) }
        var logger = Logger(label: "qtfleet")
        logger.logLevel = .error
        let tree = directory + "/tree"
        try Folder.make(tree)
        // The service's process is this one, and must be where the checkout is.
        guard chdir(tree) == 0 else { throw ValidationError("\(tree) can't be entered") }
        let fleet = ScriptedFleet(
            name: try FleetName(fleet), redis: try RedisAddress(parsing: redis), directory: directory,
            stableFor: stableFor, failing: failing, signers: signers)
        try await fleet.enrol(hosts, logger)
        try await fleet.run(hosts, logger)
    }
}

/// Folders of the agents.
enum Folder {
    /// Makes a folder with all above it.
    static func make(_ path: String) throws {
        let above = path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex)
        if !above.isEmpty, access(String(above), F_OK) != 0 { try make(String(above)) }
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
            throw ValidationError("\(path) can't be made: \(String(cString: strerror(errno)))")
        }
    }
}
