package import DeployModel

/// A command as a transient unit of systemd-run(1): as the given user, in a control group of its own, with nothing of the
/// caller's environment. For commands that other people wrote: hooks.
package struct TransientUnit: Sendable {
    /// The unit's name: with a name of its own a unit whose starter died can be found and stopped.
    package var unit: ServiceName
    /// The words of the command, the first an absolute path.
    package var words: [String]
    /// The user.
    package var account: UserAccount
    /// Where it starts.
    package var directory: CanonicalPath
    /// Its variables.
    package var environment: [String: String]
    /// After this time systemd kills all of it.
    package var limit: Duration

    /// A command; see the properties.
    package init(
        unit: ServiceName, words: [String], account: UserAccount, directory: CanonicalPath,
        environment: [String: String], limit: Duration
    ) {
        self.unit = unit
        self.words = words
        self.account = account
        self.directory = directory
        self.environment = environment
        self.limit = limit
    }

    /// The command that starts it and waits for its end.
    var command: HostCommand {
        let variables = environment.sorted { $0.key < $1.key }.map { "--setenv=\($0.key)=\($0.value)" }
        let seconds = max(1, limit.components.seconds)
        return HostCommand(
            executable: "/usr/bin/systemd-run",
            arguments: [
                "--quiet", "--pipe", "--wait", "--collect", "--unit=\(unit.unit)", "--uid=\(account.identity.uid)",
                "--gid=\(account.identity.gid)", "--working-directory=\(directory.text)",
                "--property=RuntimeMaxSec=\(seconds)s", "--property=KillMode=control-group",
            ] + variables + ["--"] + words,
            environment: ["LC_ALL": "C", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"], workingDirectory: "/", identity: nil,
            timeLimit: limit + .seconds(10), outputLimit: 4 << 20, standardInput: .nothing)
    }

    /// Runs it to its end.
    ///
    /// - Throws: ``HostError/failed(command:termination:said:)`` when it does not end with 0.
    package func run(
        by runner: any CommandRunning, onLine: (@Sendable (OutputLine) -> Void)?
    ) async throws(HostError) {
        _ = try await runner.succeed(command, onLine: onLine)
    }
}
