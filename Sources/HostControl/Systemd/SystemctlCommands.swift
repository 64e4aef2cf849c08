internal import DeployModel

/// Every systemctl command that the agent runs, as a value. It only talks to the manager: a limit of seconds is enough,
/// and killing it stops nothing that the manager was told to do.
package struct SystemctlCommands: Sendable {
    static let executable = "/usr/bin/systemctl"
    /// What one call may take.
    package let timeLimit: Duration

    /// Commands with this limit.
    package init(timeLimit: Duration) { self.timeLimit = timeLimit }

    func show(_ services: [ServiceName]) -> HostCommand {
        command(["show", "--property=" + UnitFacts.properties.joined(separator: ","), "--"] + services.map(\.unit))
    }

    /// The working directories of every service that the manager has loaded.
    func showAll() -> HostCommand {
        command(["show", "--property=Id,LoadState,ActiveState,WorkingDirectory", "--", "*.service"])
    }

    func resetFailed(_ service: ServiceName) -> HostCommand { command(["reset-failed", "--", service.unit]) }

    /// With the job mode `fail` systemd refuses when that would turn somebody else's stop into a start: whoever stops a
    /// service by hand at that moment keeps the last word. It is asked to name the jobs that it queues.
    func restart(_ service: ServiceName) -> HostCommand {
        command(["restart", "--no-block", "--job-mode=fail", "--show-transaction", "--", service.unit])
    }

    func start(_ service: ServiceName) -> HostCommand { command(["start", "--no-block", "--", service.unit]) }

    func stop(_ service: ServiceName) -> HostCommand { command(["stop", "--no-block", "--", service.unit]) }

    func reload() -> HostCommand { command(["daemon-reload"]) }

    func cancelJob(_ job: UInt32) -> HostCommand { command(["cancel", "--", String(job)]) }

    private func command(_ arguments: [String]) -> HostCommand {
        HostCommand(
            executable: Self.executable, arguments: ["--no-pager", "--no-ask-password"] + arguments,
            environment: [
                "PATH": "/usr/bin:/bin", "LC_ALL": "C", "SYSTEMD_COLORS": "0", "SYSTEMD_URLIFY": "0",
                "SYSTEMD_PAGER": "",
            ],
            workingDirectory: "/", identity: nil, timeLimit: timeLimit, outputLimit: 4 << 20, standardInput: .nothing)
    }
}
