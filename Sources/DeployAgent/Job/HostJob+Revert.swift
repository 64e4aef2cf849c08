import Coordination
import DeployModel
import HostControl
import Logging

/// The way back: evidence, the previous commit from the local object store, restart, proof. It needs no network and no lease.
extension HostJob {
    /// Goes back after a failure, as far as the order says and the job had come.
    func goBack(_ failure: JobFailure) async -> ReportSpool.Report {
        let began = ContinuousClock.now
        narrator.tell(.revert, .begun, failure.refusal.description)
        await takeEvidence()
        let isRestarted: Bool
        do throws(JobFailure) {
            if progress.failure == nil {
                try write(
                    .revertBegun(step: failure.step, rule: failure.refusal.rule, message: failure.refusal.message),
                    .revert)
            }
            Failpoint.revertBegun.pass()
            try requireSites(failure)
            let back = sites.filter { !isLeft($0) }
            for site in back.reversed() {
                if progress.checkoutsBegun.contains(site.line.path) { try await putBack(site) }
                try releaseInterlock(site, .revert)
            }
            isRestarted = try await restartBack(back)
        } catch {
            logger.critical(
                "the way back failed: a person is needed",
                metadata: ["job": "\(attempt)", "revert.error": "\(error.refusal)", "failure": "\(failure.refusal)"])
            narrator.tell(
                .revert, .failed, error.refusal.description, service: error.service,
                took: HumanDuration(ContinuousClock.now - began).milliseconds)
            return report(.revertFailed, failure: joined(failure, error), running: nil)
        }
        narrator.tell(.revert, .done, took: HumanDuration(ContinuousClock.now - began).milliseconds)
        if let remark = await right.remark { remarks.append(remark) }
        if sites.contains(where: isLeft) { return report(.failed, failure: failure, running: order.commit) }
        let previous = lines.first.flatMap { progress.previous[$0.path] }
        return report(isRestarted ? .reverted : .failed, failure: failure, running: isRestarted ? previous : nil)
    }

    /// Whether a path stays as it is: with the new commit, to which a service of it was restarted, by order; and after a plain
    /// restart, because there is no other commit to go back to.
    private func isLeft(_ site: Site) -> Bool {
        (order.failedHost == .leave || order.operation == .restart)
            && site.units.contains { progress.restartsBegun.contains($0.service) }
    }

    private func joined(_ failure: JobFailure, _ back: JobFailure) -> JobFailure {
        JobFailure(
            .revert,
            Refusal(
                back.refusal.rule, "\(failure.refusal.message); and the way back failed: \(back.refusal.message)",
                remedy: "look at the host now: journalctl -u qtagent, systemctl status"),
            service: back.service ?? failure.service)
    }

    /// A path that was changed and can't be looked at any more can't be put back: that is never called a way back.
    private func requireSites(_ failure: JobFailure) throws(JobFailure) {
        let seen = Set(sites.map(\.line.path))
        let changed = lines.filter { line in
            progress.checkoutsBegun.contains(line.path)
                || line.services.contains { progress.restartsBegun.contains($0) }
        }
        guard let lost = changed.first(where: { !seen.contains($0.path) })?.path else { return }
        throw JobFailure(
            .revert,
            Refusal(
                failure.refusal.rule, "\(lost) can't be put back: \(failure.refusal.message)",
                remedy: failure.refusal.remedy))
    }

    private func putBack(_ site: Site) async throws(JobFailure) {
        guard let previous = progress.previous[site.line.path] else { return }
        let repository = site.tree.repository
        let status: TreeStatus
        do throws(HostError) { status = try await repository.status() } catch {
            throw JobFailure(.revert, Refusal(.checkoutFailed, "\(site.line.path): \(error)"))
        }
        // HEAD still where it was, after a checkout that failed: the files may be half one commit's and half the other's.
        let isHalf = openMoves.contains(site.line.path) && status.head == previous
        if status.head != previous || !status.isClean || isHalf {
            // What was restarted and failed may be starting over and over: none of it may see the tree change.
            for unit in site.units where progress.restartsBegun.contains(unit.service) { try await stop(unit) }
            try await moveHead(site, to: previous, step: .revert) { () throws(HostError) in
                if isHalf {
                    try await repository.undo(from: self.order.commit, to: previous)
                } else {
                    try await repository.resetKeeping(to: previous)
                }
            }
        }
        try write(.revertCheckoutDone(path: site.line.path), .revert)
        Failpoint.revertCheckoutDone.pass()
    }

    /// Restarts on the previous commit what the job restarted, and what ended meanwhile and was kept from starting; stops what
    /// had not run before.
    ///
    /// - Returns: whether there was anything to restart.
    private func restartBack(_ sites: [Site]) async throws(JobFailure) -> Bool {
        var proven: [Site] = []
        for var site in sites {
            guard let previous = progress.previous[site.line.path] else { continue }
            if progress.preparesBegun.contains(site.line.path) {
                try await prepare(site, commit: previous, direction: "back")
            }
            site.units = try await disturbed(site)
            for unit in site.units where progress.invocations[unit.service] == "" { try await stop(unit) }
            site.units.removeAll { progress.invocations[$0.service] == "" }
            for unit in site.units { try await restartBack(unit, site, previous) }
            try await takeUpFollowers(among: site.units, step: .revert)
            if !site.units.isEmpty { proven.append(site) }
        }
        for site in proven {
            guard let previous = progress.previous[site.line.path] else { continue }
            do throws(JobFailure) { try await verify([site], commit: previous) } catch {
                throw JobFailure(.revert, error.refusal, service: error.service)
            }
        }
        return !proven.isEmpty
    }

    private func restartBack(_ unit: InspectedUnit, _ site: Site, _ previous: CommitID) async throws(JobFailure) {
        var facts = unit.facts
        if await !isKnown(unit, to: previous, in: site) {
            try write(.revertRestartBegun(service: unit.service), .revert)
            Failpoint.revertRestartBegun.pass()
            facts = try await restart(unit, step: .revert)
            Failpoint.revertRestarted.pass()
        }
        try write(.restartDone(service: unit.service, invocation: facts.invocationID ?? ""), .revert)
    }

    /// The units, as they are now, that don't run as they ran before the job.
    private func disturbed(_ site: Site) async throws(JobFailure) -> [InspectedUnit] {
        var units: [InspectedUnit] = []
        for unit in site.units {
            let unit = try await current(unit)
            let before = progress.invocations[unit.service] ?? ""
            let isGone = !before.isEmpty && (unit.facts.invocationID != before || !unit.facts.isRunning)
            if isGone || progress.restartsBegun.contains(unit.service) { units.append(unit) }
        }
        return units
    }

    /// Whether the process of a unit is known to have started on a commit: by a boot after the tree was made whole, or by a
    /// former life of the agent.
    func isKnown(_ unit: InspectedUnit, to commit: CommitID, in site: Site) async -> Bool {
        let running = await RunningCommits(tools: tools, memory: memory, bootID: identity.bootID)
            .of(unit.facts, path: site.line.path, head: commit, repository: site.tree.repository)
        return running.basis == .known && running.commit == commit
    }

    /// The unit as it is now: its invocation has changed since it was inspected.
    private func current(_ unit: InspectedUnit) async throws(JobFailure) -> InspectedUnit {
        do throws(HostError) {
            guard let facts = try await tools.systemd.show([unit.service]).first else { return unit }
            return InspectedUnit(
                configuration: unit.configuration, facts: facts, path: unit.path, account: unit.account,
                environment: unit.environment)
        } catch {
            throw JobFailure(.revert, Refusal(.hostStateUnreadable, "\(error)"), service: unit.service)
        }
    }

    private func stop(_ unit: InspectedUnit) async throws(JobFailure) {
        let limit = serviceRestart(unit, step: .revert).limit(of: unit.facts)
        await right.expectProgress(within: limit)
        do throws(HostError) {
            if try await ServiceStop(systemd: tools.systemd, limit: limit).run(unit.service) { return }
            // A process that ignores its stop is no process that starts over and over: the way back goes on without it.
            logger.warning("a service ignores its stop", metadata: ["service": "\(unit.service)", "limit": "\(limit)"])
        } catch {
            throw JobFailure(.revert, Refusal(.hostStateUnreadable, "\(error)"), service: unit.service)
        }
    }

    /// What a person will want to see, before it is gone: how the unit stood and what it said last.
    private func takeEvidence() async {
        for unit in sites.flatMap(\.units) {
            var lines = findings.filter { $0.service == unit.service }.map(\.line)
            if let facts = try? await tools.systemd.show([unit.service]).first {
                lines.append(
                    "unit \(facts.activeState)/\(facts.subState), result \(facts.result), NRestarts \(facts.restarts), "
                        + "MainPID \(facts.mainPID ?? 0)")
            }
            if let invocation = progress.restartsDone[unit.service],
                let said = try? await tools.journal.lines(of: unit.service, invocation: invocation, newest: 30)
            {
                lines.append(said.tail(bytes: 8192))
            }
            failureEvidence[unit.service] = lines.joined(separator: "\n")
        }
        findings = []
    }
}
