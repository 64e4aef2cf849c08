import DeployModel
import HostControl

/// Stops a service and waits until nothing of it runs.
struct ServiceStop: Sendable {
    let systemd: Systemd

    /// Stops the service.
    ///
    /// - Parameter before: the unit as it was; its limits are the limit of this.
    /// - Throws: a ``Refusal`` with rule `restart_failed` or `restart_timed_out`.
    func run(_ before: UnitFacts) async throws(Refusal) {
        let deadline = ContinuousClock.now + ServiceRestart.limit(of: before)
        do throws(HostError) {
            try await systemd.stop(before.service)
            while let facts = try await systemd.show([before.service]).first {
                if facts.job == nil, ["inactive", "failed"].contains(facts.activeState) { return }
                guard ContinuousClock.now < deadline else {
                    throw HostError.timeLimit(
                        command: "the stop of \(before.service.unit)", limit: ServiceRestart.limit(of: before))
                }
                try? await Task.sleep(for: .milliseconds(50))
            }
        } catch {
            throw Refusal(.restartFailed, "\(error)", remedy: "look at: systemctl status \(before.service.unit)")
        }
    }
}
