import Coordination
import DeployModel
import Logging
import ServiceLifecycle

/// Sends the reports in the spool until Redis has taken them. They are on the disk: an outage of any length loses none.
struct PublishService: Service {
    let host: HostName
    let fleet: Fleet
    let spool: ReportSpool
    let wake: WakeUp
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var pause = Duration.seconds(1)
            while !Task.isCancelled {
                let isEmpty = await publishAll()
                pause = isEmpty ? .seconds(30) : min(pause * 2, .seconds(30))
                if await wake.wait(atMost: pause) { pause = .milliseconds(500) }
            }
        }
        // The last report of a stopping agent; when Redis is away it waits on the disk for the next start.
        _ = await publishAll()
    }

    /// Sends every waiting report once.
    ///
    /// - Returns: whether none is left.
    private func publishAll() async -> Bool {
        let waiting = spool.waiting(host: host)
        for name in waiting.unreadable {
            logger.error("report unreadable, left in the spool", metadata: ["spool.file": "\(name)"])
        }
        for report in waiting.reports {
            do {
                let reply = try await send(report)
                if case .closed(let why) = reply {
                    logger.warning(
                        "report not taken", metadata: ["job": "\(report.attempt)", "report.refusal": "\(why)"])
                }
                Failpoint.published.pass()
                try spool.remove(report.attempt)
            } catch {
                return false
            }
        }
        return true
    }

    /// Sends a report. One without a token may be of an agent that crashed between the claim and its answer: Redis has given
    /// the right, so the same claim is made again, which gives its token.
    private func send(_ report: ReportSpool.Report) async throws(CoordinationError) -> ReportReply {
        let reply = try await fleet.report(
            report.attempt, token: report.token, detail: report.detail, report.targets)
        guard report.token == nil, reply == .closed("superseded"),
            case .granted(let token, _) = try await fleet.claim(report.attempt, floor: 0)
        else { return reply }
        return try await fleet.report(report.attempt, token: token, detail: report.detail, report.targets)
    }
}
