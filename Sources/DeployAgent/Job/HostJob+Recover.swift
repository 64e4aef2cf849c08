import Coordination
import DeployModel
import HostControl
import Logging

/// What a later life of the agent does with a job that a former one left unfinished; the table is in `agent/README.md`.
extension HostJob {
    private static let crash = JobFailure(
        .report, Refusal(.agentCrashed, "the agent stopped before the job was over", remedy: "submit again"))

    /// Brings the job to its end.
    func recover() async -> ReportSpool.Report {
        logger.warning("recovering", metadata: ["job": "\(attempt)"])
        remarks.append("recovered")
        let isRebooted = progress.bootID != identity.bootID
        if progress.isUntouched {
            await recovery.removeLocks(order, progress)
            return report(.failed, failure: Self.crash, running: nil)
        }
        do throws(JobFailure) {
            try write(.life(boot: identity.bootID), .revert)
            try await stopHook()
            try await makeWhole()
            try await step(.inspect) { () throws(JobFailure) in try await self.surveyAgain() }
            if let failure = progress.failure {
                return await goBack(JobFailure(failure.step, Refusal(failure.rule, failure.message)))
            }
            if progress.restartsBegun.isEmpty { return await goBack(Self.crash) }
            try await step(.restart) { () throws(JobFailure) in try await self.restartTheRest(isRebooted) }
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

    private var recovery: TreeRecovery {
        TreeRecovery(
            configuration: configuration, tools: tools, memory: memory, bootID: identity.bootID, logger: logger)
    }

    private func makeWhole() async throws(JobFailure) {
        do throws(Refusal) { recoveryLocks = try await recovery.recover(order, progress, attempt) } catch {
            throw JobFailure(.revert, error)
        }
    }

    private func surveyAgain() async throws(JobFailure) {
        do throws(Refusal) { sites = try await survey(locks: recoveryLocks) } catch {
            throw JobFailure(.inspect, error)
        }
    }

    /// Restarts what the former life had not come to. A restart that had begun is not made twice: a new invocation shows that
    /// systemd took it. Nor is one needed for a process that a boot started on the ordered commit.
    private func restartTheRest(_ isRebooted: Bool) async throws(JobFailure) {
        for site in sites {
            for unit in site.units where isRebooted || progress.restartsDone[unit.service] == nil {
                var facts = unit.facts
                if await !isTaken(unit, site, isRebooted) {
                    try announceRestart(of: unit)
                    facts = try await restart(unit, step: .restart)
                }
                try write(.restartDone(service: unit.service, invocation: facts.invocationID ?? ""), .restart)
            }
            try await takeUpFollowers(among: site.units, step: .restart)
        }
    }

    private func isTaken(_ unit: InspectedUnit, _ site: Site, _ isRebooted: Bool) async -> Bool {
        guard unit.facts.isRunning else { return false }
        let isNew = unit.facts.invocationID != progress.invocations[unit.service]
        if !isRebooted, isNew, progress.restartsBegun.contains(unit.service) { return true }
        return await isKnown(unit, to: order.commit, in: site)
    }
}
