import Coordination
import DeployModel
import HostControl
import Logging

/// What a later life of the agent does with a job that a former one left unfinished.
///
/// | found in the journal | done | verdict |
/// |---|---|---|
/// | no checkout begun | nothing | `failed` |
/// | checkout begun, no restart begun | previous commit put back | `failed` |
/// | a restart begun | on to the ordered commit: restarts that had not begun, proof | `verified`, or the way back |
/// | the way back begun | the way back, from its beginning | `reverted` |
extension HostJob {
    private static let crash = JobFailure(
        .report, Refusal(.agentCrashed, "the agent stopped before the job was over", remedy: "submit again"))

    /// Brings the job to its end.
    func recover() async -> ReportSpool.Report {
        logger.warning("recovering", metadata: ["job": "\(attempt)"])
        remarks.append("recovered")
        if progress.checkoutsBegun.isEmpty, progress.restartsBegun.isEmpty {
            return report(.failed, failure: Self.crash, running: nil)
        }
        do throws(JobFailure) {
            try await stopHook()
            try await makeWhole()
            try await step(.inspect) { () throws(JobFailure) in try await self.surveyAgain() }
            if let failure = progress.failure {
                return await goBack(JobFailure(failure.step, Refusal(failure.rule, failure.message)))
            }
            if progress.restartsBegun.isEmpty {
                try await markStarted()
                return await goBack(Self.crash)
            }
            try await step(.restart) { () throws(JobFailure) in try await self.restartTheRest() }
            try await step(.verify) { () throws(JobFailure) in
                try await self.verify(self.sites, commit: self.order.commit)
            }
        } catch {
            return await goBack(error)
        }
        return report(.verified, failure: nil, running: order.commit)
    }

    /// Ends a hook of the former life: it lives in a unit of its own, so it did not die with the agent.
    private func stopHook() async throws(JobFailure) {
        do throws(HostError) {
            while let hook = try await tools.systemd.show([Self.hookUnit]).first, hook.mainPID != nil {
                try await tools.systemd.stop(Self.hookUnit)
                try? await Task.sleep(for: .milliseconds(100))
            }
        } catch {
            throw JobFailure(.revert, Refusal(.hostStateUnreadable, "a hook that is left can't be ended: \(error)"))
        }
    }

    /// Makes each tree that was being changed one whole commit again: the ordered one once a restart to it had begun and
    /// nothing had failed, else the previous one.
    private func makeWhole() async throws(JobFailure) {
        guard let source = configuration.sources[order.source] else {
            throw JobFailure(.revert, Refusal(.sourceNotAllowed, "source \(order.source) is no longer in agent.yaml"))
        }
        let goesOn = !progress.restartsBegun.isEmpty && progress.failure == nil
        for line in lines where progress.checkoutsBegun.contains(line.path) {
            guard let target = goesOn ? order.commit : progress.previous[line.path] else { continue }
            do {
                guard let directory = try DirectoryFacts.of(line.path.text) else { continue }
                let lock = try await tools.lock(line.path)
                recoveryLocks[line.path] = lock
                let repository = try tools.repository(
                    line.path, owner: directory.ownerUID, remote: source.remote, lock: lock)
                try await repository.removeStaleIndexLock()
                try await repository.resetHard(to: target)
                let bootID = identity.bootID
                let now = BootClock.now()
                let second = WallClock.now().milliseconds / 1000
                try await memory.update {
                    $0.begin(
                        line.path,
                        .init(bootID: bootID, begun: now, ended: BootClock.now(), commit: target, wallSecond: second))
                }
            } catch {
                throw JobFailure(.revert, Refusal(.checkoutFailed, "\(line.path): \(error)"))
            }
        }
    }

    private func surveyAgain() async throws(JobFailure) {
        do throws(Refusal) { sites = try await survey(locks: recoveryLocks) } catch {
            throw JobFailure(.inspect, error)
        }
    }

    /// Finds the services that started while the tree was not whole, or that are down and were not: they are restarted as the
    /// job's own restarts would have been.
    private func markStarted() async throws(JobFailure) {
        for unit in sites.flatMap(\.units) {
            guard let before = progress.invocations[unit.service], !before.isEmpty else { continue }
            if unit.facts.invocationID != before || unit.facts.activeState != "active" {
                try write(.restartBegun(service: unit.service), .restart)
            }
        }
    }

    /// Restarts what the former life had not come to. A restart that had begun is not made twice: a new invocation shows that
    /// systemd took it.
    private func restartTheRest() async throws(JobFailure) {
        for unit in sites.flatMap(\.units) where progress.restartsDone[unit.service] == nil {
            let wasTaken =
                progress.restartsBegun.contains(unit.service)
                && unit.facts.invocationID != progress.invocations[unit.service] && unit.facts.activeState == "active"
            if wasTaken {
                try write(.restartDone(service: unit.service, invocation: unit.facts.invocationID ?? ""), .restart)
                continue
            }
            try write(.restartBegun(service: unit.service), .restart)
            let facts = try await restart(unit, step: .restart)
            try write(.restartDone(service: unit.service, invocation: facts.invocationID ?? ""), .restart)
        }
    }
}
