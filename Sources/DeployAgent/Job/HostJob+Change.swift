import Coordination
import DeployModel
import HostControl
import Logging
import SystemPackage

/// What changes the host, after the checkout: prepare, restart, verify.
extension HostJob {
    /// One path after the other; the first failure ends it. A restart changes no tree.
    func change() async throws(JobFailure) {
        for index in sites.indices {
            if order.operation == .deploy {
                try await step(.checkout) { () throws(JobFailure) in try await self.checkOut(self.sites[index]) }
                try await step(.prepare) { () throws(JobFailure) in
                    try await self.prepare(self.sites[index], commit: self.order.commit, direction: "forward")
                }
                Failpoint.prepared.pass()
            }
            try await step(.restart) { () throws(JobFailure) in try await self.restart(self.sites[index]) }
            try await step(.verify) { () throws(JobFailure) in
                try await self.verify([self.sites[index]], commit: self.order.commit)
            }
        }
        if let remark = await right.remark { remarks.append(remark) }
    }

    /// The one unit in which hooks run, one after the other. Its name is what recovery stops, and what is no neighbour.
    static let hookUnit = ServiceName(accepted: "qtagent-hook")

    /// Runs the configured commands of each service, in a transient unit as its user.
    func prepare(_ site: Site, commit: CommitID, direction: String) async throws(JobFailure) {
        guard site.units.contains(where: { !$0.configuration.prepare.isEmpty }) else { return }
        if !progress.preparesBegun.contains(site.line.path) { try write(.prepareBegun(path: site.line.path), .prepare) }
        await right.expectProgress(within: configuration.timings.prepare)
        for unit in site.units {
            for words in unit.configuration.prepare {
                let environment = [
                    "QT_COMMIT": commit.text, "QT_PREVIOUS": site.tree.head.text, "QT_DIRECTION": direction,
                ]
                let command = TransientUnit(
                    unit: Self.hookUnit, words: words, account: unit.account, directory: site.line.path,
                    environment: environment,
                    limit: configuration.timings.prepare)
                do throws(HostError) {
                    try await command.run(by: tools.runner) { [narrator] line in
                        narrator.tell(.prepare, .output, line.text, service: unit.service)
                    }
                } catch {
                    throw JobFailure(.prepare, Refusal(.hookFailed, "\(words[0]): \(error)"), service: unit.service)
                }
            }
        }
    }

    /// Restarts the services of a path, one after the other, and reads from each unit what came of it.
    private func restart(_ site: Site) async throws(JobFailure) {
        // Safe point for the last time: from the first restart on the job goes through to a whole version.
        if progress.restartsBegun.isEmpty, let lost = await right.refusal {
            throw JobFailure(
                .restart, Refusal(.rightLost, lost, remedy: "the previous commit was put back: deploy again"))
        }
        if progress.restartsBegun.isEmpty { try await confirmTrust(.restart) }
        try releaseInterlock(site, .restart)
        for unit in site.units {
            try announceRestart(of: unit)
            Failpoint.restartBegun.pass()
            let facts = try await restart(unit, step: .restart)
            Failpoint.restarted.pass()
            try write(.restartDone(service: unit.service, invocation: facts.invocationID ?? ""), .restart)
            Failpoint.restartDone.pass()
            narrator.tell(.restart, .done, "process \(facts.mainPID ?? 0)", service: unit.service)
        }
        try await takeUpFollowers(among: site.units, step: .restart)
    }

    /// Restarts one service and waits until its new process runs.
    func restart(_ unit: InspectedUnit, step: Step) async throws(JobFailure) -> UnitFacts {
        let restart = serviceRestart(unit, step: step)
        await right.expectProgress(within: restart.limit(of: unit.facts) + restart.patience * 2)
        do throws(Refusal) { return try await restart.run(unit.service) } catch {
            throw JobFailure(step, error, service: unit.service)
        }
    }

    /// Observes services until they are proven, and writes down what they run.
    func verify(_ sites: [Site], commit: CommitID) async throws(JobFailure) {
        let names = sites.flatMap { $0.units.map(\.service) }
        let subjects = sites.flatMap { site in
            site.units.map { unit in
                Verification.Subject(
                    unit: unit, tree: site.tree, commit: commit, invocation: progress.restartsDone[unit.service])
            }
        }
        let timings = configuration.timings
        await right.expectProgress(within: timings.stableFor + timings.verifySlack + .seconds(10))
        Failpoint.verifying.pass()
        let verification = Verification(tools: tools, timings: timings) { [narrator] service, line in
            narrator.tell(narrator.step, .output, line.told, service: service)
        }
        let outcome = await verification.observe(subjects)
        findings = findings.filter { !names.contains($0.service) } + outcome.findings
        if let failure = outcome.failure { throw failure }
        let known = subjects.map {
            ($0.unit.service, RunningRecord.Running(invocation: $0.invocation ?? "", commit: commit, basis: .known))
        }
        do throws(Errno) {
            try await memory.update { record in for (service, running) in known { record.note(service, running) } }
        } catch {
            logger.error("running commit not written down", metadata: ["error": "\(error)"])
        }
    }
}
