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
        let isUntouched = progress.restartsBegun.isEmpty
        do throws(JobFailure) {
            if progress.failure == nil {
                try write(
                    .revertBegun(step: failure.step, rule: failure.refusal.rule, message: failure.refusal.message),
                    .revert)
            }
            if order.failedHost == .leave, !isUntouched {
                return report(.failed, failure: failure, running: order.commit)
            }
            try requireSites(failure)
            for site in sites.reversed() where progress.checkoutsBegun.contains(site.line.path) {
                try await putBack(site)
            }
            if !isUntouched { try await restartBack() }
        } catch {
            logger.critical(
                "the way back failed: a person is needed",
                metadata: ["job": "\(attempt)", "revert.error": "\(error.refusal)", "failure": "\(failure.refusal)"])
            narrator.tell(.revert, .failed, error.refusal.description, service: error.service)
            return report(.revertFailed, failure: joined(failure, error), running: nil)
        }
        narrator.tell(.revert, .done, took: HumanDuration(ContinuousClock.now - began).milliseconds)
        if let lost = await right.refusal { remarks.append("finished_without_lease (\(lost))") }
        let previous = lines.first.flatMap { progress.previous[$0.path] }
        return report(isUntouched ? .failed : .reverted, failure: failure, running: isUntouched ? nil : previous)
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
        do {
            if try await repository.head() == previous, try await repository.status().isClean { return }
            try await moveHead(site, to: previous) { () throws(HostError) in
                try await repository.resetKeeping(to: previous)
            }
            try write(.revertCheckoutDone(path: site.line.path), .revert)
        } catch let failure as JobFailure { throw failure } catch {
            throw JobFailure(.revert, Refusal(.checkoutFailed, "\(site.line.path): \(error)"))
        }
    }

    /// Restarts what was restarted to the new commit, and stops what had not run before.
    private func restartBack() async throws(JobFailure) {
        var proven: [Site] = []
        for site in sites {
            guard let previous = progress.previous[site.line.path] else { continue }
            var back = site
            back.units = site.units.filter { progress.restartsBegun.contains($0.service) }
            guard !back.units.isEmpty else { continue }
            try await prepare(back, commit: previous, direction: "back")
            for unit in back.units {
                if progress.invocations[unit.service] == "" {
                    await stop(unit)
                    continue
                }
                try write(.revertRestartBegun(service: unit.service), .revert)
                let fresh = try await current(unit)
                let facts = try await restart(fresh, step: .revert)
                try write(.restartDone(service: unit.service, invocation: facts.invocationID ?? ""), .revert)
            }
            back.units.removeAll { progress.invocations[$0.service] == "" }
            proven.append(back)
        }
        for site in proven where !site.units.isEmpty {
            guard let previous = progress.previous[site.line.path] else { continue }
            do throws(JobFailure) { try await verify([site], commit: previous) } catch {
                throw JobFailure(.revert, error.refusal, service: error.service)
            }
        }
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

    private func stop(_ unit: InspectedUnit) async {
        do throws(HostError) { try await tools.systemd.stop(unit.service) } catch {
            logger.error("service not stopped", metadata: ["service": "\(unit.service)", "error": "\(error)"])
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
