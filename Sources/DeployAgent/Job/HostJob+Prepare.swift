import Coordination
import DeployModel
import HostControl
import SystemPackage

/// What comes before anything is touched: inspect, fetch, lease.
extension HostJob {
    /// Looks at every unit and every tree of the job, and writes down how things stand.
    func inspect() async throws(JobFailure) {
        do throws(Refusal) {
            sites = try await survey(locks: [:])
        } catch {
            throw JobFailure(.inspect, error)
        }
        let record = await memory.record
        for site in sites {
            try write(.found(path: site.line.path, head: site.tree.head), .inspect)
            for unit in site.units {
                let commit = record.commit(of: unit.service, invocation: unit.facts.invocationID ?? "")?.commit
                let invocation = unit.facts.activeState == "active" ? unit.facts.invocationID ?? "" : ""
                try write(.ran(service: unit.service, invocation: invocation, commit: commit), .inspect)
            }
        }
        Failpoint.inspected.pass()
    }

    /// Everything that is refused about the host as it is now.
    func survey(locks: [CanonicalPath: PathLock]) async throws(Refusal) -> [Site] {
        let names = lines.flatMap(\.services)
        let facts: [UnitFacts]
        do throws(HostError) { facts = try await tools.systemd.show(names) } catch {
            throw Refusal(.hostStateUnreadable, "\(error)")
        }
        guard let source = configuration.sources[order.source] else {
            throw Refusal(.sourceNotAllowed, "source \(order.source) is not in this host's agent.yaml")
        }
        var sites: [Site] = []
        for line in lines {
            var units: [InspectedUnit] = []
            for name in line.services {
                guard let service = configuration.service(name), let unit = facts.first(where: { $0.service == name })
                else {
                    throw Refusal(.unitNotFound, "systemd does not know \(name.unit)")
                }
                units.append(try inspectUnit(service, unit, line))
            }
            let demand = TreeInspection.Demand(
                source: source, branch: order.branch, heads: [line.expectedHead, order.commit],
                services: Set(line.services))
            let tell: @Sendable (OutputLine) -> Void = { [narrator] line in
                narrator.tell(narrator.step, .output, line.text)
            }
            let tree = try await TreeInspection(tools: tools, onLine: tell).inspect(
                line.path, demand, lock: locks[line.path])
            sites.append(Site(line: line, tree: tree, units: units, lock: locks[line.path]))
        }
        return sites
    }

    private func inspectUnit(
        _ service: ServiceConfiguration, _ facts: UnitFacts, _ line: Order.Line
    ) throws(Refusal) -> InspectedUnit {
        let unit = try UnitInspection().inspect(service, facts)
        guard unit.path == line.path else {
            throw Refusal(
                .canonicalPathChanged, "\(service.name) runs from \(unit.path), the order says \(line.path)",
                remedy: "the unit was changed since the plan: plan again")
        }
        return unit
    }

    /// Takes the path locks and looks again under them.
    func takeLocks() async throws(JobFailure) {
        var locks: [CanonicalPath: PathLock] = [:]
        for site in sites {
            do throws(HostError) {
                locks[site.line.path] = try await tools.lock(site.line.path)
            } catch {
                throw JobFailure(
                    .fetch,
                    Refusal(.pathLocked, "\(error)", remedy: "another deployment works on that path: wait for it"))
            }
        }
        Failpoint.locked.pass()
        do throws(Refusal) { sites = try await survey(locks: locks) } catch { throw JobFailure(.inspect, error) }
    }

    /// Brings the commit into each object store, under the path's lock.
    func fetch() async throws(JobFailure) {
        try await takeLocks()
        for site in sites { try await fetch(site) }
        // With the commit at hand: what is found here is refused before anybody is asked for a lease.
        for site in sites where site.tree.head != order.commit {
            do throws(Refusal) { _ = try await judge(site) } catch { throw JobFailure(.inspect, error) }
        }
        Failpoint.fetched.pass()
    }

    private func fetch(_ site: Site) async throws(JobFailure) {
        await right.expectProgress(within: configuration.timings.fetch)
        let fetch = CommitFetch(
            repository: site.tree.repository, path: site.line.path, branch: order.branch, commit: order.commit)
        do throws(Refusal) {
            try await fetch.run()
            try await requireSignedCommit(site)
        } catch {
            throw JobFailure(.fetch, error)
        }
    }

    /// Where the host demands it, the commit too must be somebody's who may.
    private func requireSignedCommit(_ site: Site) async throws(Refusal) {
        guard configuration.sources[order.source]?.needsSignedCommits == true else { return }
        guard let files = try trust.files() else {
            throw Refusal(.trustUnusable, "signed commits are demanded, and nobody's signature is known here")
        }
        let flaw: String?
        do throws(HostError) {
            flaw = try await site.tree.repository.signatureFlaw(of: order.commit, files)
        } catch {
            throw Refusal(.trustUnusable, "the signature of \(order.commit.short) can't be judged: \(error)")
        }
        guard let flaw else { return }
        throw Refusal(
            .commitNotSigned, "\(order.commit.short) is not signed by anybody of \(files.allowedSigners): \(flaw)",
            remedy: "sign it (git commit -S, gpg.format=ssh) with a key that stands there for the namespace git")
    }

    /// Claims all services of the job, and says who holds them while it waits.
    func takeLease() async throws(JobFailure) {
        guard right.isAsked else {
            let lease = await handLease?.take()
            return narrator.tell(.lease, .waiting, lease ?? "none is asked for")
        }
        let deadline = ContinuousClock.now + configuration.timings.leaseWait
        var told = ""
        while true {
            let holder: String
            switch await claim() {
            case .success(.granted(let token, _)): return try await keep(token)
            case .success(.closed(let state)):
                throw JobFailure(
                    .lease, Refusal(.leaseClosed, "the rollout no longer wants this (\(VisibleText(state)))"))
            case .success(.held(let lease)): holder = lease.description
            case .success(.onHold(let hold)): holder = hold.description
            case .failure(let error): holder = error.description
            }
            guard ContinuousClock.now < deadline else {
                throw JobFailure(
                    .lease,
                    Refusal(.leaseHeld, "no lease within \(HumanDuration(configuration.timings.leaseWait)): \(holder)"))
            }
            if holder != told { narrator.tell(.lease, .waiting, holder) }
            told = holder
            try? await Task.sleep(for: .seconds(1))
        }
    }

    private func claim() async -> Result<ClaimReply, CoordinationError> {
        do throws(CoordinationError) { return .success(try await right.claim(floor: await memory.highestToken)) } catch
        {
            return .failure(error)
        }
    }

    private func keep(_ token: Int64) async throws(JobFailure) {
        Failpoint.granted.pass()
        do throws(Errno) { try await memory.sawToken(token) } catch {
            throw JobFailure(.lease, Refusal(.hostStateUnreadable, "the token can't be written down: \(error)"))
        }
        try write(.claimed(token: token), .lease)
        Failpoint.claimed.pass()
    }

    /// Whether there is nothing to do: every process is known to run the commit, is younger than the files that it was
    /// started with, and passes every check now.
    func isUnchanged() async throws(JobFailure) -> Bool {
        let record = await memory.record
        var subjects: [Verification.Subject] = []
        for site in sites {
            guard site.tree.head == order.commit else { return false }
            for unit in site.units {
                let running = record.commit(of: unit.service, invocation: unit.facts.invocationID ?? "")
                guard running?.basis == .known, running?.commit == order.commit, isYoungerThanItsFiles(unit) else {
                    return false
                }
                subjects.append(
                    Verification.Subject(
                        unit: unit, tree: site.tree, commit: order.commit, invocation: unit.facts.invocationID))
            }
        }
        findings = await Verification(tools: tools, timings: configuration.timings).sample(subjects)
        return findings.allSatisfy { $0.result == .holds }
    }

    private func isYoungerThanItsFiles(_ unit: InspectedUnit) -> Bool {
        guard let pid = unit.facts.mainPID,
            let started = (try? tools.processes.facts(of: pid)).flatMap({ $0 })?.startedWall
        else {
            return false
        }
        return StartFiles(of: unit.facts).areOlder(than: started)
    }
}
