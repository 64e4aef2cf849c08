import HostControl
import TestSupport

/// Runs a host's commands on a host of the lab: the code under test, with the real systemd and journald of that host.
struct LabRunner: CommandRunning {
    let lab: Lab
    let host: String
    /// What happens to a command that has ended; a test makes a systemctl of it that was killed.
    var afterwards: @Sendable (HostCommand) throws(HostError) -> Void = { _ in }

    func run(
        _ command: HostCommand, onLine: (@Sendable (OutputLine) -> Void)?
    ) async throws(HostError) -> CommandResult {
        let answer: Lab.Answer
        do { answer = try await lab.answer(["exec", host, "--", command.executable] + command.arguments) } catch {
            throw .cannotStart(command: command.shown, reason: "\(error)")
        }
        try afterwards(command)
        return CommandResult(
            termination: .exited(answer.code), standardOutput: Array(answer.output.utf8),
            standardError: Array(answer.errors.utf8), duration: .zero)
    }
}

/// A unit made on the fly on a host of the lab.
struct LabUnit {
    let lab = InLab.lab
    let host = "h1"
    let name: String

    /// Writes the unit's file, starts it and waits until it stands.
    init(_ name: String, service: String, unit: String = "") async throws {
        self.name = name
        let file = "/run/systemd/system/\(name).service"
        try await lab.on(
            host,
            """
            printf '%s\\n' '[Unit]' "$1" '[Service]' "$2" > \(file)
            systemctl daemon-reload
            systemctl start --no-block \(name)
            """, unit, service)
        guard try await lab.eventually({ try await state("ActiveState") == "active" }) else {
            throw NotActive(said: try await lab.on(host, "systemctl status \(name) || true"))
        }
    }

    private struct NotActive: Error { let said: String }

    /// A property of it, as systemd shows it.
    func state(_ property: String) async throws -> String {
        try await lab.on(host, "systemctl show --value --property \(property) \(name)")
    }

    /// Waits until a job for it is queued: the moment to interfere.
    func hasJob() async throws -> Bool { try await lab.eventually { try await state("Job").isEmpty == false } }

    /// Ends it, whatever it does, and removes it.
    func remove() async throws {
        try await lab.on(
            host,
            """
            rm -rf /run/systemd/system/\(name).service*
            job=$(systemctl show --value --property Job \(name))
            [ -z "$job" ] || systemctl cancel "$job" || true
            systemctl kill --signal KILL \(name) 2>/dev/null || true
            systemctl daemon-reload
            systemctl stop \(name) 2>/dev/null || true
            systemctl reset-failed \(name) 2>/dev/null || true
            """)
    }
}
