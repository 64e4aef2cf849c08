package import DeployModel

/// Whether a directory can be written by its owner, from where the agent stands: its unit's sandbox may show it read-only.
package enum WriteAccess: Sendable, Equatable {
    case writable
    /// The mount is read-only here: `ReadWritePaths=` of the agent's unit lacks the path, or the disk went read-only.
    case readOnlyMount
    /// The owner itself may not write.
    case denied

    /// Asks the kernel, in the owner's name: mode bits and access lists of the path decide as they will for git.
    ///
    /// - Throws: ``HostError/unreadable(path:reason:)`` when there is no such directory, and what a command throws.
    package static func check(
        _ path: CanonicalPath, as identity: ProcessIdentity, runner: any CommandRunning, timeLimit: Duration
    ) async throws(HostError) -> WriteAccess {
        guard let facts = try DirectoryFacts.of(path.text) else {
            throw .unreadable(path: path.text, reason: "it does not exist")
        }
        if facts.isReadOnlyMount { return .readOnlyMount }
        let result = try await runner.run(command(path, as: identity, timeLimit: timeLimit), onLine: nil)
        return result.succeeded ? .writable : .denied
    }

    static func command(_ path: CanonicalPath, as identity: ProcessIdentity, timeLimit: Duration) -> HostCommand {
        HostCommand(
            executable: "/usr/bin/test", arguments: ["-w", path.text], environment: ["LC_ALL": "C"],
            workingDirectory: "/", identity: identity, timeLimit: timeLimit, outputLimit: 4096, standardInput: .nothing)
    }
}
