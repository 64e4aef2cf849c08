import Coordination
import DeployModel
import Logging
import ServiceLifecycle

/// Sends the reports in the spool until Redis has taken them. They are on the disk: an outage of any length loses none. A Redis
/// that was started anew is offered the published ones again, once: it may have come back from a copy of an earlier time.
struct PublishService: Service {
    let host: HostName
    let machineID: String
    let fleet: Fleet
    let spool: ReportSpool
    let wake: WakeUp
    let complaints: Complaints
    let logger: Logger

    /// The longest wait between two tries: what a result is late at most once Redis takes writes again.
    private static let longestPause: Duration = .seconds(5)
    /// How often a report is offered to a Redis that does not know its rollout: it may come back from a copy.
    private static let forgottenPause: Duration = .seconds(30)
    /// How long such a report is kept, in seconds.
    private static let keptSeconds: Int64 = 7 * 86400

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var pause = Duration.milliseconds(500)
            var again = Again()
            while !Task.isCancelled {
                let outcome = await publishAll(&again)
                switch outcome {
                case .empty, .forgotten: pause = Self.forgottenPause
                case .failed: pause = min(pause * 2, Self.longestPause)
                }
                if await wake.wait(atMost: pause) { pause = .milliseconds(500) }
            }
        }
        // The last report of a stopping agent; when Redis is away it waits on the disk for the next start.
        var nothing = Again()
        nothing.isOver = true
        _ = await publishAll(&nothing)
    }

    /// The published reports that this server has not been offered.
    private struct Again {
        /// The server that is offered them; nil: none yet.
        var server: String?
        var attempts: Set<AttemptName> = []
        /// Whether nothing is offered again any more: the agent stops.
        var isOver = false
    }

    /// The published reports that are due again.
    private func published(_ again: inout Again) async -> [ReportSpool.Report] {
        // A server that is away is no other server; the reports that wait say what is wrong with it.
        guard !again.isOver, let server = try? await fleet.server().runID else { return [] }
        if server == again.server, again.attempts.isEmpty { return [] }
        let reports = spool.published(host: host)
        if server != again.server { again.attempts = Set(reports.map(\.attempt)) }
        again.server = server
        return reports.filter { again.attempts.contains($0.attempt) }
    }

    /// What Redis said to a report.
    private enum Reception {
        case taken
        /// It never will be taken; why.
        case closed(String)
        /// It is not taken as things are; why.
        case mayStill(String)
        /// It will be taken in a moment; what is waited for.
        case notYet(String)
    }

    /// What is left in the spool.
    private enum Outcome {
        case empty
        /// Reports that Redis does not take as things are: of rollouts that it does not know.
        case forgotten
        /// Redis is away, or takes no writes.
        case failed
    }

    /// Sends every waiting report once, and those that are due again.
    private func publishAll(_ again: inout Again) async -> Outcome {
        let waiting = spool.waiting(host: host)
        for name in waiting.unreadable where await complaints.tell("unreadable", of: name) != nil {
            logger.error("report unreadable, left in the spool", metadata: ["spool.file": "\(name)"])
        }
        var outcome = Outcome.empty
        for report in ReportSpool.inOrder(await published(&again) + waiting.reports) {
            let isAgain = again.attempts.contains(report.attempt)
            do {
                switch try await send(report) {
                case .taken where !isAgain: tellIfByHand(report)
                case .closed(let why) where !isAgain:
                    logger.warning(
                        "report not taken", metadata: ["job": "\(report.attempt)", "report.refusal": "\(why)"])
                case .mayStill(let why) where !isAgain:
                    guard isOutdated(report) else {
                        outcome = .forgotten
                        await tell(report, why)
                        continue
                    }
                case .taken, .closed, .mayStill: break
                case .notYet(let why):
                    await tell(report, why)
                    return .failed
                }
                Failpoint.published.pass()
                if again.attempts.remove(report.attempt) == nil { try spool.putAside(report.attempt) }
            } catch {
                await tell(report, "\(error)")
                return .failed
            }
        }
        return outcome
    }

    private func isOutdated(_ report: ReportSpool.Report) -> Bool {
        guard let finished = report.finishedAt else { return true }
        return WallClock.now() > finished.adding(seconds: Self.keptSeconds)
    }

    private func tell(_ report: ReportSpool.Report, _ why: String) async {
        guard await complaints.tell(why, of: "report \(report.attempt)") != nil else { return }
        logger.warning(
            "report waits on the disk", metadata: ["job": "\(report.attempt)", "report.problem": "\(why)"])
    }

    private func tellIfByHand(_ report: ReportSpool.Report) {
        guard let order = report.byHand else { return }
        logger.notice(
            "published what was deployed by hand",
            metadata: ["job": "\(order.id.breakGlassName)", "operator": "\(order.operatorName)"])
    }

    /// Sends a report. Where Redis has not the report's token the claim is made again, which gives the one that counts: the agent
    /// may have crashed between the claim and its answer, or Redis have come back from a copy that is older than the claim, and
    /// then even than the accept.
    private func send(_ report: ReportSpool.Report) async throws(CoordinationError) -> Reception {
        if let order = report.byHand { return try await publish(report, order) }
        var reply = try await fleet.report(
            report.attempt, token: report.token, detail: report.detail, report.targets)
        if reply == .closed("superseded") {
            if report.token != nil { _ = try await fleet.accept(report.attempt) }
            switch try await fleet.claim(report.attempt, floor: report.token ?? 0) {
            case .granted(let token, _):
                reply = try await fleet.report(report.attempt, token: token, detail: report.detail, report.targets)
            case .onHold(let hold): return .notYet(hold.description)
            case .held, .closed: break
            }
        }
        return switch reply {
        case .taken: .taken
        case .closed(let why): .closed(why)
        case .unknown: .mayStill("Redis does not know the rollout: it lost its memory, or was another one")
        }
    }

    /// Publishes what somebody did by hand on this host.
    private func publish(_ report: ReportSpool.Report, _ order: Order) async throws(CoordinationError) -> Reception {
        let deployment = BreakGlassDeployment(order: order, host: host, machineID: machineID)
        switch try await fleet.publish(deployment, detail: report.detail, report.targets) {
        case .taken: return .taken
        case .closed(let why): return .closed(why)
        case .refused(let refusal): return .mayStill("\(refusal)")
        }
    }
}
