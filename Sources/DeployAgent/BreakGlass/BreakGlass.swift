import Coordination
package import DeployModel
package import HostControl
package import Logging
import SystemPackage

/// Deploys on this host without Redis: the same steps, journal, locks and proofs as an order's, for the night in which Redis is
/// what is broken. The lease is a courtesy, and not waited for; what came of it is published at once, or by the daemon when
/// Redis is back.
package struct BreakGlass: Sendable {
    let configuration: AgentConfiguration
    let identity: HostIdentity
    let tools: HostTools
    let memory: AgentMemory
    let access: FleetAccess
    let spool: ReportSpool
    let logger: Logger

    var jobs: FilePath { FilePath(configuration.stateDirectory).appending("jobs") }

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
        _ configuration: AgentConfiguration, identity: HostIdentity, runner: any CommandRunning, access: FleetAccess,
        logger: Logger
    ) {
        self.access = access
        self.configuration = configuration
        self.identity = identity
        self.logger = logger
        tools = HostTools(
            runner: runner, stateDirectory: configuration.stateDirectory, fetchLimit: configuration.timings.fetch)
        memory = AgentMemory(stateDirectory: FilePath(configuration.stateDirectory))
        spool = ReportSpool(stateDirectory: FilePath(configuration.stateDirectory))
    }

    /// What stands on this host.
    ///
    /// - Parameter services: the services; none for all that are configured.
    /// - Returns: one look per service, in restart order.
    package func look(_ services: [ServiceName]) async -> [BreakGlassLook] {
        let running = RunningCommits(tools: tools, memory: memory, bootID: identity.bootID)
        let names = services.isEmpty ? "*" : services.map(\.text).joined(separator: "+")
        // Root is not bound by what root lets others do.
        var configuration = configuration
        configuration.policy = HostPolicy()
        let planner = PlanAnswer(configuration: configuration, tools: tools, running: running)
        return await planner.targets(PlanAnswer.Question(services: names, purpose: .restart)).compactMap {
            BreakGlassLook($0)
        }
    }

    /// Deploys.
    ///
    /// - Parameters:
    ///   - plan: what was planned, and said yes to.
    ///   - interruptions: each takes the right back: the job ends at its next safe point, and past the last one it goes through.
    ///   - tell: told each event of the job, for the person who waits.
    /// - Returns: what came of each service.
    /// - Throws: a ``Refusal`` when nothing was begun.
    package func deploy(
        _ plan: BreakGlassPlan, interruptions: AsyncStream<String>,
        _ tell: @escaping @Sendable (BreakGlassEvent) -> Void
    ) async throws(Refusal) -> BreakGlassResult {
        try requireNoTreeUnderWork()
        let order = plan.order
        let attempt = AttemptName(rollout: order.id, host: configuration.host, operation: .deploy, number: 1)
        let journal: JobJournal
        do throws(Errno) {
            try DurableFile.makeDirectory(jobs)
            try spool.prepare()
            journal = try JobJournal.begin(attempt, in: jobs, order: order.text, isByHand: true)
        } catch {
            throw Refusal(
                .hostStateUnreadable, "the job can't be written down: \(error)",
                remedy: "make room in \(configuration.stateDirectory)")
        }
        let report = await work(order, journal, interruptions, tell)
        Failpoint.reported.pass()
        var result = BreakGlassResult(order: order, host: configuration.host, report: report)
        do throws(Errno) {
            try spool.hold(report)
            Failpoint.spooled.pass()
            try journal.write(.ended(verdict: report.targets.first?.verdict ?? .failed))
            Failpoint.ended.pass()
            try spool.release(attempt)
        } catch {
            // The journal has no end: the agent brings the job to one as soon as this process is gone, and reports that.
            result.trouble =
                "this can't be written down (\(error)): make room in \(configuration.stateDirectory); "
                + "the agent looks at the services again, and reports what it finds"
        }
        return result
    }

    /// Publishes what came of a deployment, for which its report must be written down.
    ///
    /// - Returns: what came of that, in words. What can't be published now is published by the daemon.
    package func publish(_ result: BreakGlassResult) async -> String {
        let later =
            "the report waits in \(configuration.stateDirectory)/spool; the agent publishes it when Redis is back"
        guard result.trouble == nil else { return "not published" }
        switch access {
        case .closed(let why): return "\(later) (\(VisibleText(why)))"
        case .open(let fleet):
            do {
                let report = result.report
                let reply = try await fleet.publish(
                    deployment(result.order), detail: report.detail, report.targets)
                guard reply == .taken else { return "\(later) (\(reply))" }
                try spool.putAside(report.attempt)
                return "published: qtctl show \(result.order.id.breakGlassShort)"
            } catch {
                return "\(later) (\(error))"
            }
        }
    }

    private func work(
        _ order: Order, _ journal: JobJournal, _ interruptions: AsyncStream<String>,
        _ tell: @escaping @Sendable (BreakGlassEvent) -> Void
    ) async -> ReportSpool.Report {
        let narrator = JobNarrator { events in for event in events { tell(BreakGlassEvent(event)) } }
        let right = JobRight(attempt: journal.attempt, fleet: nil)
        let lease = lease(of: order)
        let job = HostJob(
            .byRoot(order), journal: journal, configuration: configuration, tools: tools, memory: memory,
            identity: identity, right: right, narrator: narrator, logger: logger)
        job.handLease = lease
        return await withTaskGroup(of: Void.self) { group in
            group.addTask { await lease.keepHolding() }
            group.addTask { for await why in interruptions { await right.withdraw(why) } }
            async let told: Void = narrator.run()
            let report = await job.perform()
            narrator.finish()
            await told
            group.cancelAll()
            return report
        }
    }
}
