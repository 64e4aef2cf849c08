internal import DeployModel

/// The journalctl commands that the agent runs, as values.
package enum JournalCommands {
    /// SD_MESSAGE_JOURNAL_DROPPED (sd-messages.h): journald dropped lines, `N_DROPPED=` of them.
    static let dropped = "a596d6fe7bfa4994828e72309e95d61e"

    /// What one run of a service, the manager about it, and journald about lines of it that it dropped, have logged.
    /// Messages come whole, however long.
    static func read(
        _ service: ServiceName, invocation: String, _ part: JournalPart, limits: JournalLimits
    ) -> HostCommand {
        HostCommand(
            executable: "/usr/bin/journalctl",
            arguments: [
                "--no-pager", "--quiet", "--all", "--output=json",
                "--output-fields=MESSAGE,PRIORITY,_SYSTEMD_UNIT,_PID,MESSAGE_ID,N_DROPPED,_TRANSPORT",
            ] + part.options + [
                "_SYSTEMD_UNIT=" + service.unit, "_SYSTEMD_INVOCATION_ID=" + invocation, "+",
                "_PID=1", "UNIT=" + service.unit, "INVOCATION_ID=" + invocation, "+",
                "_TRANSPORT=driver", "MESSAGE_ID=" + dropped, "OBJECT_SYSTEMD_UNIT=" + service.unit,
                "OBJECT_SYSTEMD_INVOCATION_ID=" + invocation,
            ],
            environment: ["PATH": "/usr/bin:/bin", "LC_ALL": "C", "SYSTEMD_COLORS": "0", "SYSTEMD_PAGER": ""],
            workingDirectory: "/", identity: nil, timeLimit: limits.time, outputLimit: limits.output,
            standardInput: .nothing)
    }
}

/// Which of a run's entries are read.
enum JournalPart: Sendable, Equatable {
    /// The newest ones, so many.
    case newest(Int)
    /// All of them.
    case all
    /// All that came after the entry with this cursor.
    case after(String)

    var options: [String] {
        switch self {
        case .newest(let count): ["--lines=\(count)"]
        case .all: []
        case .after(let cursor): ["--after-cursor=" + cursor]
        }
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
