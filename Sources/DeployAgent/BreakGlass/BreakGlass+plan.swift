import Coordination
package import DeployModel
import HostControl
import SystemPackage

extension BreakGlass {
    /// Plans a deployment. The commit is brought here if it is not, and the lease is looked at; nothing else leaves the host.
    ///
    /// - Parameters:
    ///   - request: what, and why.
    ///   - tell: told what takes its time.
    /// - Returns: the plan, for ``deploy(_:interruptions:_:)``.
    /// - Throws: a ``Refusal``; then nothing was touched.
    package func plan(
        _ request: Request, _ tell: @escaping @Sendable (String) -> Void
    ) async throws(Refusal) -> BreakGlassPlan {
        try requireKnown(request.services)
        try requireNoTreeUnderWork()
        let looks = await look(request.services)
        let order = try order(for: request, looks)
        var plan = BreakGlassPlan(order: order, host: configuration.host, looks: looks)
        async let lease = lease(of: order).look()
        for line in order.lines { try await survey(line, order, &plan, tell) }
        plan.lease = await lease
        return plan
    }

    /// Every name must be one of this host's agent.yaml.
    package func requireKnown(_ services: [ServiceName]) throws(Refusal) {
        for service in services where configuration.service(service) == nil {
            throw Refusal(
                .serviceNotAllowed, "service \(service) is not in this host's agent.yaml",
                remedy: "known here: \(configuration.services.map(\.name.text).joined(separator: ", "))")
        }
    }

    func lease(of order: Order) -> HandLease {
        HandLease(deployment(order), access)
    }

    func deployment(_ order: Order) -> BreakGlassDeployment {
        BreakGlassDeployment(order: order, host: configuration.host, machineID: identity.machineID)
    }

    /// No tree of this host may be between two commits: neither under somebody's hands, nor left so by a job that was cut short.
    ///
    /// A job that has touched nothing yet is no reason: it may wait for a Redis that is away. Where it works on the path
    /// already, the path's lock says no.
    func requireNoTreeUnderWork() throws(Refusal) {
        for name in DurableFile.names(in: jobs) {
            guard let attempt = AttemptName(journal: name, host: configuration.host),
                let records = try? JobJournal.records(of: attempt, in: jobs), !records.isEmpty
            else { continue }
            let progress = JobProgress(records)
            guard progress.verdict == nil, !progress.isUntouched else { continue }
            let title = progress.isByHand ? attempt.rollout.breakGlassShort : "rollout \(attempt.rollout.short)"
            if JobJournal.isHeld(attempt, in: jobs) {
                let order = try? Order(text: progress.order)
                let who = order.map { " of \($0.operatorName): \(VisibleText($0.reason.text))" } ?? ""
                throw Refusal(
                    .pathLocked, "\(title)\(who) is being carried out on this host",
                    remedy: "wait for it: systemctl status qtagent")
            }
            throw Refusal(
                .agentCrashed, "the job of \(title) was cut short on this host and is not recovered yet",
                remedy: "let the agent bring it to its end, it needs no Redis for that: systemctl restart qtagent")
        }
    }

    /// The order that an operator would have sent: the paths of this host, as they stand now.
    private func order(for request: Request, _ looks: [BreakGlassLook]) throws(Refusal) -> Order {
        if let refused = looks.first(where: { $0.refusal != nil }), let refusal = refused.refusal {
            throw Refusal(refusal.rule, "\(refused.service): \(refusal.message)", remedy: refusal.remedy)
        }
        guard let first = looks.first, let source = first.source, let branch = first.branch else {
            throw Refusal(.nothingToDo, "no service is named")
        }
        if let other = looks.first(where: { $0.source != source }) {
            throw Refusal(
                .severalSources, "\(other.service) is of another source than \(first.service)",
                remedy: "deploy them one after the other")
        }
        let now = WallClock.now()
        return Order(
            fleet: configuration.fleet, id: .random(), operatorName: request.operatorName, operation: .deploy,
            source: source, branch: branch, commit: request.commit, direction: request.mayGoBack ? .any : .forward,
            lines: try lines(looks), waves: .oneByOne, soakSeconds: 0, pauseAfter: .none, maxFailures: 0,
            onFailure: .halt, failedHost: .revert, beginBefore: now.adding(seconds: 900),
            until: now.adding(seconds: 14400), created: now, reason: request.reason)
    }

    private func lines(_ looks: [BreakGlassLook]) throws(Refusal) -> [Order.Line] {
        var lines: [Order.Line] = []
        for look in looks {
            guard let path = look.path, let head = look.head else {
                throw Refusal(.hostStateUnreadable, "\(look.service): nothing is known of its checkout")
            }
            if let index = lines.firstIndex(where: { $0.path == path }) {
                lines[index].services.append(look.service)
            } else {
                lines.append(.init(host: configuration.host, path: path, expectedHead: head, services: [look.service]))
            }
        }
        return lines
    }

    /// Sees that the commit is here and may be checked out on one path. The path's lock goes with the end of this: the person
    /// who is asked next may take his time.
    private func survey(
        _ line: Order.Line, _ order: Order, _ plan: inout BreakGlassPlan, _ tell: @Sendable (String) -> Void
    ) async throws(Refusal) {
        guard let source = configuration.sources[order.source] else {
            throw Refusal(.sourceNotAllowed, "source \(order.source) is not in this host's agent.yaml")
        }
        do {
            guard let directory = try DirectoryFacts.of(line.path.text) else {
                throw Refusal(.workingDirectoryUnusable, "\(line.path) is gone")
            }
            let repository = try tools.repository(
                line.path, owner: directory.ownerUID, remote: source.remote, lock: try await tools.lock(line.path))
            let fetch = CommitFetch(
                repository: repository, path: line.path, branch: order.branch, commit: order.commit)
            if try await !fetch.isHere {
                let limit = HumanDuration(configuration.timings.fetch)
                tell(
                    "commit \(order.commit.short) is not here: fetching \(order.branch) of \(source.remote), at most \(limit)"
                )
                try await fetch.run()
            }
            plan.subject = try await repository.subject(of: order.commit)
            let way = try await way(from: line.expectedHead, to: order.commit, repository)
            if !plan.ways.contains(way) { plan.ways.append(way) }
            try judge(way, line, order)
        } catch let refusal as Refusal { throw refusal } catch HostError.pathLocked(let path, let holder) {
            throw Refusal(
                .pathLocked, "\(HostError.pathLocked(path: path, holder: holder))",
                remedy: "another deployment works on that path; wait for it: systemctl status qtagent")
        } catch {
            throw Refusal(.hostStateUnreadable, "\(line.path): \(error)")
        }
    }

    private func way(
        from head: CommitID, to commit: CommitID, _ repository: GitRepository
    ) async throws(HostError) -> BreakGlassPlan.Way {
        if head == commit { return .same }
        if try await repository.isAncestor(head, of: commit) {
            return .ahead(try await repository.commitCount(from: head, to: commit))
        }
        guard try await repository.isAncestor(commit, of: head) else { return .aside }
        return .back(try await repository.commitCount(from: commit, to: head))
    }

    private func judge(_ way: BreakGlassPlan.Way, _ line: Order.Line, _ order: Order) throws(Refusal) {
        switch way {
        case .same, .ahead: return
        case .back, .aside:
            guard order.direction == .forward else { return }
            throw Refusal(
                .notFastForward,
                "\(order.commit.short) does not contain \(line.expectedHead.short), which is checked out in \(line.path)",
                remedy: "to go back on purpose say --allow-downgrade")
        }
    }
}
