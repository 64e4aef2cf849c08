import DeployModel
import HostControl

/// Restarts a service and reads from the unit what came of it: the exit code of systemctl says only that a job was queued.
struct ServiceRestart: Sendable {
    let systemd: Systemd

    /// Restarts a service and waits until a new invocation of it is active and no job is left.
    ///
    /// - Parameter before: the unit as it was: its limits, and the invocation that must be another one afterwards.
    /// - Returns: the unit as it is then.
    /// - Throws: a ``Refusal`` with rule `restart_failed` or `restart_timed_out`.
    func run(_ before: UnitFacts) async throws(Refusal) -> UnitFacts {
        let service = before.service
        do throws(HostError) {
            // A start limit that earlier failures used up would refuse this start too.
            try await systemd.resetFailed(service)
            try await systemd.restart(service)
        } catch {
            throw Refusal(.restartFailed, "\(error)")
        }
        let limit = Self.limit(of: before)
        let deadline = ContinuousClock.now + limit
        while true {
            let facts = try await look(service)
            let isNew = facts.invocationID != nil && facts.invocationID != before.invocationID
            if facts.job == nil, isNew {
                if facts.isRunning { return facts }
                // An automatic restart stands in activating/auto-restart: the process has died already.
                if facts.activeState == "failed" || facts.subState == "auto-restart" {
                    throw Refusal(
                        .restartFailed,
                        "\(service.unit) is \(facts.activeState)/\(facts.subState) after the restart, result \(facts.result)",
                        remedy: "look at: journalctl -u \(service.unit)")
                }
            }
            if ContinuousClock.now >= deadline { try await giveUp(facts, limit) }
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    /// How long a restart may take: the unit's own limits for stop and start, and 10 s.
    static func limit(of facts: UnitFacts) -> Duration {
        finite(facts.timeoutStop) + finite(facts.timeoutStart) + .seconds(10)
    }

    private static func finite(_ limit: UnitDuration?) -> Duration {
        switch limit {
        case .finite(let duration): duration
        // systemd's own default (DefaultTimeoutStopSec=), for a unit that would wait for ever.
        case .infinity, nil: .seconds(90)
        }
    }

    private func look(_ service: ServiceName) async throws(Refusal) -> UnitFacts {
        let facts: UnitFacts?
        do throws(HostError) { facts = try await systemd.show([service]).first } catch {
            throw Refusal(.restartFailed, "\(error)")
        }
        guard let facts else { throw Refusal(.restartFailed, "systemd does not know \(service.unit)") }
        return facts
    }

    private func giveUp(_ facts: UnitFacts, _ limit: Duration) async throws(Refusal) {
        if let job = facts.job {
            // Killing systemctl would not stop the job: it is cancelled, and whatever state that leaves is read next.
            try? await systemd.cancelJob(job)
        }
        throw Refusal(
            .restartTimedOut,
            "\(facts.service.unit) is \(facts.activeState)/\(facts.subState) after \(HumanDuration(limit))"
                + (facts.job.map { ", its job \($0) was cancelled" } ?? ""),
            remedy: "look at: systemctl status \(facts.service.unit)")
    }
}
