import Coordination
import DeployModel
import Glibc
import HostControl
import Logging
import ServiceLifecycle
import SystemPackage

/// Carries out host jobs, one at a time: first those that a former life of the agent left, then what is dispatched. A stopping
/// agent takes no new job and finishes the open one.
struct JobService: Service {
    let configuration: AgentConfiguration
    let identity: HostIdentity
    let tools: HostTools
    let memory: AgentMemory
    let fleet: Fleet
    let state: AgentState
    let queue: JobQueue
    let spool: ReportSpool
    let published: WakeUp
    let complaints: Complaints
    let tally: AgentTally
    let logger: Logger

    private var jobs: FilePath { FilePath(configuration.stateDirectory).appending("jobs") }

    func run() async throws {
        for name in DurableFile.names(in: jobs) {
            guard let attempt = AttemptName(journal: name, host: configuration.host) else { continue }
            _ = await recover(attempt)
        }
        for await _ in queue.news.cancelOnGracefulShutdown() {
            while !Task.isShuttingDownGracefully, let attempt = await queue.take() {
                if await take(attempt) {
                    await queue.done(attempt)
                } else {
                    await queue.putAside(attempt, for: .seconds(30))
                }
            }
        }
        await state.stopping()
    }

    /// Brings a job to its end that a former life of the agent, or somebody who deployed by hand, left without one.
    ///
    /// - Returns: false when that could not be done.
    private func recover(_ attempt: AttemptName) async -> Bool {
        let look = LeftJobService.look(
            attempt.description, host: attempt.host, stateDirectory: configuration.stateDirectory)
        // One whose first line was cut off is under nobody's hands.
        if look == .underWay, (try? JobJournal.records(of: attempt, in: jobs))?.isEmpty != true {
            // Somebody deploys by hand at this moment. Should that be cut short, LeftJobService sees it.
            logger.notice("a job is carried out by another process", metadata: ["job": "\(attempt)"])
            return true
        }
        do {
            try await finish(try JobJournal.resume(attempt, in: jobs))
            return true
        } catch {
            if await complaints.tell("\(error)", of: "journal \(attempt)") != nil {
                logger.critical(
                    "a job's journal can't be recovered: a person is needed",
                    metadata: ["job": "\(attempt)", "error": "\(error)"])
            }
            return false
        }
    }

    private func finish(_ journal: JobJournal) async throws {
        let attempt = journal.attempt
        if journal.records.isEmpty {
            // The journal was cut off in its first line: nothing had begun, and the attempt may be offered again.
            return try DurableFile.remove(jobs.appending(attempt.description))
        }
        let progress = JobProgress(journal.records)
        let verified = try Verified.ofJournal(progress.order)
        if progress.verdict != nil {
            try spool.release(attempt)
            // Kept for dedup for as long as the order may be dispatched.
            if WallClock.now() > verified.order.until.adding(seconds: 86400) {
                try DurableFile.remove(jobs.appending(attempt.description))
            }
            return
        }
        // The report was written down and only the journal's end is missing: there is nothing left to do.
        if let report = spool.held(attempt) {
            try journal.write(.ended(verdict: report.targets.first?.verdict ?? .failed))
            try spool.release(attempt)
            return await published.signal()
        }
        await work(journal, verified) { await $0.recover() }
    }

    /// Takes one attempt: admission, journal, accept, job, report.
    ///
    /// - Returns: false when there is nothing that could be taken.
    private func take(_ attempt: AttemptName) async -> Bool {
        Failpoint.offered.pass()
        if access(jobs.appending(attempt.description).string, F_OK) == 0 {
            return isLeft(attempt) ? await recover(attempt) : true
        }
        guard await state.mayWork else { return true }
        do throws(CoordinationError) {
            let stored = try await stored(attempt)
            let text: [UInt8]
            let verified: Verified
            do throws(Refusal) {
                let signature: [UInt8]
                (text, signature) = try Self.text(stored)
                verified = try await admit(text, signature, attempt)
            } catch {
                try await refuse(attempt, error)
                return true
            }
            Failpoint.admitted.pass()
            let journal: JobJournal
            do throws(Errno) { journal = try JobJournal.begin(attempt, in: jobs, order: text) } catch {
                await complain(attempt, "its journal can't be begun in \(jobs): \(error)")
                return false
            }
            Failpoint.journaled.pass()
            switch await accept(attempt, until: verified.order.until) {
            case .accepted:
                Failpoint.accepted.pass()
                await work(journal, verified) { await $0.perform() }
            case .closed(let why):
                logger.notice("not wanted any more", metadata: ["job": "\(attempt)", "state": "\(why)"])
                // Nothing was begun: without this line the next life of the agent reports the job as failed, which is true.
                try? journal.write(.ended(verdict: .skipped))
            }
            return true
        } catch {
            await complain(attempt, "\(error)")
            return error.mayPass
        }
    }

    private func admit(
        _ text: [UInt8], _ signature: [UInt8], _ attempt: AttemptName
    ) async throws(Refusal) -> Verified {
        let order = try Admission(configuration: configuration).admit(text, attempt, now: WallClock.now())
        // Behind what costs nothing: a judgement is a process.
        return try await OrderTrust(settings: configuration.signatures, runner: tools.runner).judge(
            order, text: text, signature: signature)
    }

    /// Whether somebody deployed by hand and was cut short.
    private func isLeft(_ attempt: AttemptName) -> Bool {
        LeftJobService.look(attempt.description, host: attempt.host, stateDirectory: configuration.stateDirectory)
            == .left(attempt)
    }

    /// Says that the order was taken, until Redis answers: the journal stands, so nobody else asks for this attempt again.
    private func accept(_ attempt: AttemptName, until end: Timestamp) async -> AcceptReply {
        while true {
            do throws(CoordinationError) { return try await fleet.accept(attempt) } catch {
                if Task.isShuttingDownGracefully { return .closed("the agent stops") }
                if WallClock.now() > end { return .closed("its time ran out") }
                await complain(attempt, "\(error)")
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// Logs why an attempt is not taken, once per reason.
    private func complain(_ attempt: AttemptName, _ why: String) async {
        guard let untold = await complaints.tell(why, of: "job \(attempt)") else { return }
        logger.warning(
            "job not taken", metadata: ["job": "\(attempt)", "job.problem": "\(why)", "log.untold": "\(untold)"])
    }

    /// Runs a job with its renewal and its telling beside it, and puts its report into the spool.
    private func work(
        _ journal: JobJournal, _ verified: Verified, _ body: (HostJob) async -> ReportSpool.Report
    ) async {
        let attempt = journal.attempt
        let progress = JobProgress(journal.records)
        // Of a job by hand Redis knows nothing: there is no right to renew, and nobody follows.
        let fleet = progress.isByHand ? nil : fleet
        let right = JobRight(attempt: attempt, fleet: fleet)
        let narrator = JobNarrator(timed: { [tally] step, took in tally.note { $0.took(step, milliseconds: took) } }) {
            events in
            // A follower that misses a line is not worth a failed job: the error shows in the connection's own log.
            try? await fleet?.tell(attempt, token: await right.currentToken, events)
        }
        await right.resume(token: progress.token)
        await state.begin(attempt, narrator)
        tally.note { $0.isJobRunning = true }
        logger.info(
            "job begins",
            metadata: [
                "job": "\(attempt)", "commit": "\(verified.order.commit)",
                "operator": "\(verified.order.operatorName)", "ground": "\(verified.ground.words)",
            ])
        let job = HostJob(
            verified, journal: journal, configuration: configuration, tools: tools, memory: memory,
            identity: identity, right: right, narrator: narrator, logger: logger)
        let report = await withTaskGroup { group in
            group.addTask { await right.keepRenewing() }
            group.addTask { await narrator.run() }
            let report = await body(job)
            narrator.finish()
            group.cancelAll()
            return report
        }
        await finish(report, journal)
        tally.note { $0.ended(attempt.operation, report.targets.first?.verdict ?? .failed) }
        await state.end(report.targets.first?.verdict.rawValue ?? "nothing")
        await published.signal()
    }

    private func finish(_ report: ReportSpool.Report, _ journal: JobJournal) async {
        let verdict = report.targets.first?.verdict ?? .failed
        logger.info(
            "job ends",
            metadata: [
                "job": "\(report.attempt)", "verdict": "\(verdict.rawValue)",
                "error": "\(report.targets.first { !$0.error.isEmpty }?.error ?? "")",
            ])
        Failpoint.reported.pass()
        await writeDown(report, journal, verdict)
    }

    /// Writes the report and the journal's end. On a full disk it waits for room: a verdict is never dropped.
    private func writeDown(_ report: ReportSpool.Report, _ journal: JobJournal, _ verdict: Verdict) async {
        var isTold = false
        while !Task.isCancelled {
            do throws(Errno) {
                try spool.hold(report)
                Failpoint.spooled.pass()
                try journal.write(.ended(verdict: verdict))
                Failpoint.ended.pass()
                return try spool.release(report.attempt)
            } catch {
                if !isTold {
                    logger.critical(
                        "the report can't be written down, and is tried again: make room in the state directory",
                        metadata: ["job": "\(report.attempt)", "error": "\(error)"])
                }
                isTold = true
                try? await Task.sleep(for: .seconds(2))
            }
        }
    }

    private func stored(_ attempt: AttemptName) async throws(CoordinationError) -> StoredOrder {
        if let order = await queue.takeOrder(attempt) { return order }
        return try await fleet.orderText(attempt.rollout)
    }

    /// The bytes of an order and of its signature, when Redis has them and they can be one.
    private static func text(_ stored: StoredOrder) throws(Refusal) -> ([UInt8], [UInt8]) {
        switch stored {
        case .whole(let text, let signature): (text, signature)
        case .missing: throw Refusal(.orderMalformed, "Redis holds no text of the order", remedy: "submit again")
        case .tooLong(let size):
            throw Refusal(
                .orderMalformed, "the order has \(size) bytes, at most \(Order.maximumBytes) are read",
                remedy: "submit it with a qtctl of this fleet's version")
        }
    }

    /// A refusal needs no journal and no spool: nothing was begun, and while Redis is away it still offers the attempt.
    private func refuse(_ attempt: AttemptName, _ refusal: Refusal) async throws(CoordinationError) {
        if let untold = await complaints.tell("\(refusal)", of: "job \(attempt)") {
            logger.notice(
                "refused",
                metadata: [
                    "job": "\(attempt)", "rule": "\(refusal.rule)", "message": "\(refusal)", "log.untold": "\(untold)",
                ])
        }
        if let why = try await fleet.refuse(attempt, refusal) {
            return await complain(attempt, "\(refusal); it is \(why)")
        }
        tally.note { $0.ended(attempt.operation, .refused) }
    }
}
