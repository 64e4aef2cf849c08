import DeployModel
import HostControl

/// Stops a service and waits until nothing of it runs.
struct ServiceStop: Sendable {
    let systemd: Systemd
    /// What a stop may take.
    let limit: Duration

    /// Stops the service.
    ///
    /// - Returns: whether nothing of it runs any more. When the limit is over the stop is no longer waited for, and its job is
    ///   cancelled so that it stands in nobody's way.
    /// - Throws: ``HostError`` when systemd does not answer.
    func run(_ service: ServiceName) async throws(HostError) -> Bool {
        let deadline = ContinuousClock.now + limit
        try await systemd.stop(service)
        while let facts = try await systemd.show([service]).first {
            if facts.job == nil, ["inactive", "failed"].contains(facts.activeState) { return true }
            guard ContinuousClock.now < deadline else {
                if let job = facts.job { try await systemd.cancelJob(job) }
                return false
            }
            do { try await Task.sleep(for: .milliseconds(50)) } catch {
                throw .cancelled(command: "the stop of \(service.unit)")
            }
        }
        return true
    }
}
