import Coordination
package import DeployModel
package import HostControl
package import Logging
import SystemPackage

/// Deploys on this host without Redis: the same steps, journal, locks and proofs as an order's, for the night in which Redis is
/// what is broken. Nobody is asked for a lease; what came of it is told to the fleet by the daemon when Redis is back.
package struct BreakGlass: Sendable {
    let configuration: AgentConfiguration
    let identity: HostIdentity
    let tools: HostTools
    let memory: AgentMemory
    let logger: Logger

    /// What a person asks for.
    package struct Request: Sendable {
        /// The services; those that share a checkout with one of them come along.
        package var services: [ServiceName]
        /// The commit; it must be on the branch that is checked out, as the remote has it or had it last.
        package var commit: CommitID
        /// Whether the checkout may go back.
        package var mayGoBack: Bool
        /// Who asks.
        package var operatorName: OperatorName
        /// Why.
        package var reason: Reason

        /// A request; see the properties.
        package init(
            services: [ServiceName], commit: CommitID, mayGoBack: Bool, operatorName: OperatorName, reason: Reason
        ) {
            self.services = services
            self.commit = commit
            self.mayGoBack = mayGoBack
            self.operatorName = operatorName
            self.reason = reason
        }
    }

    /// On this host, with its configuration.
    package init(
        _ configuration: AgentConfiguration, identity: HostIdentity, runner: any CommandRunning, logger: Logger
    ) {
        self.configuration = configuration
        self.identity = identity
        self.logger = logger
        tools = HostTools(
            runner: runner, stateDirectory: configuration.stateDirectory, fetchLimit: configuration.timings.fetch)
        memory = AgentMemory(stateDirectory: FilePath(configuration.stateDirectory))
    }

    /// What stands on this host.
    ///
    /// - Parameter services: the services; none for all that are configured.
    /// - Returns: one look per service, in restart order.
    package func look(_ services: [ServiceName]) async -> [BreakGlassLook] {
        let running = RunningCommits(tools: tools, memory: memory, bootID: identity.bootID)
        let names = services.isEmpty ? "*" : services.map(\.text).joined(separator: "+")
        let planner = PlanAnswer(configuration: configuration, tools: tools, running: running)
        return await planner.targets(PlanAnswer.Question(services: names)).compactMap { BreakGlassLook($0) }
    }

    /// Deploys.
    ///
    /// - Parameters:
    ///   - request: What, and why.
    ///   - tell: Told each event of the job, for the person who waits.
    /// - Returns: what came of each service, and the name under which it is published.
    /// - Throws: a ``Refusal`` when nothing was begun.
    package func deploy(
        _ request: Request, _ tell: @escaping @Sendable (BreakGlassEvent) -> Void
    ) async throws(Refusal) -> BreakGlassResult {
        let order = try await order(for: request)
        let attempt = AttemptName(rollout: order.id, host: configuration.host, operation: .deploy, number: 1)
        let state = FilePath(configuration.stateDirectory)
        let jobs = state.appending("jobs")
        let spool = ReportSpool(stateDirectory: state)
        let report: ReportSpool.Report
        do throws(Errno) {
            try DurableFile.makeDirectory(jobs)
            try spool.prepare()
            let journal = try JobJournal.begin(attempt, in: jobs, order: order.text)
            report = await work(order, journal, tell)
            try spool.hold(report)
            try journal.write(.ended(verdict: report.targets.first?.verdict ?? .failed))
            try spool.release(attempt)
        } catch {
            throw Refusal(
                .hostStateUnreadable, "the job can't be written down: \(error)",
                remedy:
                    "make room in \(configuration.stateDirectory); the agent recovers what was begun at its next start")
        }
        return BreakGlassResult(order: order, host: configuration.host, targets: report.targets)
    }

    private func work(
        _ order: Order, _ journal: JobJournal, _ tell: @escaping @Sendable (BreakGlassEvent) -> Void
    ) async -> ReportSpool.Report {
        let narrator = JobNarrator { tell(BreakGlassEvent($0)) }
        let job = HostJob(
            order: order, journal: journal, configuration: configuration, tools: tools, memory: memory,
            identity: identity, right: JobRight(attempt: journal.attempt, fleet: nil), narrator: narrator,
            logger: logger)
        job.remarks.append("break-glass by \(order.operatorName)")
        return await withTaskGroup { group in
            group.addTask { await narrator.run() }
            let report = await job.perform()
            narrator.finish()
            await group.waitForAll()
            return report
        }
    }

    /// The order that an operator would have sent: one path of this host, as it stands now.
    private func order(for request: Request) async throws(Refusal) -> Order {
        let looks = await look(request.services)
        for service in request.services where !looks.contains(where: { $0.service == service }) {
            throw Refusal(.serviceNotAllowed, "service \(service) is not in this host's agent.yaml")
        }
        if let refused = looks.first(where: { $0.refusal != nil }), let refusal = refused.refusal { throw refusal }
        guard let first = looks.first, let source = first.source, let branch = first.branch else {
            throw Refusal(.nothingToDo, "no service is named")
        }
        if let other = looks.first(where: { $0.source != source }) {
            throw Refusal(.severalSources, "\(other.service) is of another source than \(first.service)")
        }
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
        let now = WallClock.now()
        return Order(
            fleet: configuration.fleet, id: .random(), operatorName: request.operatorName, operation: .deploy,
            source: source, branch: branch, commit: request.commit, direction: request.mayGoBack ? .any : .forward,
            lines: lines, waves: .oneByOne, soakSeconds: 0, pauseAfter: .none, maxFailures: 0, onFailure: .halt,
            failedHost: .revert, beginBefore: now.adding(seconds: 900), until: now.adding(seconds: 14400),
            created: now, reason: request.reason)
    }
}
