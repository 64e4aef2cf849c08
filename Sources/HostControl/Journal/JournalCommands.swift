internal import DeployModel

/// The journalctl commands that the agent runs, as values.
package enum JournalCommands {
    /// What one run of a service, and the manager about it, have logged: the newest `lines` entries.
    static func read(
        _ service: ServiceName, invocation: String, lines: Int, limits: JournalLimits
    ) -> HostCommand {
        HostCommand(
            executable: "/usr/bin/journalctl",
            arguments: [
                "--no-pager", "--quiet", "--output=json",
                "--output-fields=MESSAGE,PRIORITY,_SYSTEMD_UNIT,_PID", "--lines=\(lines)",
                "_SYSTEMD_UNIT=" + service.unit, "_SYSTEMD_INVOCATION_ID=" + invocation, "+",
                "_PID=1", "UNIT=" + service.unit, "INVOCATION_ID=" + invocation,
            ],
            environment: ["PATH": "/usr/bin:/bin", "LC_ALL": "C", "SYSTEMD_COLORS": "0", "SYSTEMD_PAGER": ""],
            workingDirectory: "/", identity: nil, timeLimit: limits.time, outputLimit: limits.output,
            standardInput: .nothing)
    }
}

/// What reading the journal may take. No defaults.
package struct JournalLimits: Sendable, Equatable {
    /// For one call of journalctl.
    package var time: Duration
    /// Bytes that it may print; a service that logs more is an error, not a shorter answer.
    package var output: Int

    /// Limits; see the properties.
    package init(time: Duration, output: Int) {
        self.time = time
        self.output = output
    }
}
