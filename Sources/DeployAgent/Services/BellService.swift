import Coordination
import DeployModel
import Logging
import ServiceLifecycle

/// Listens to the host's bell, and asks what is dispatched: after each connect, on every bell, and every 5 s. A bell that is
/// lost, trimmed, poisoned or of another type costs seconds, never work.
struct BellService: Service {
    let host: HostName
    let fleet: Fleet
    let state: AgentState
    let jobs: JobQueue
    let questions: QuestionQueue
    let complaints: Complaints
    /// Rung when Redis answers again: reports may wait.
    let published: WakeUp
    let logger: Logger

    /// One wait for a bell, and the longest time that a dispatched job goes unseen. It must be short against the accept time
    /// of the fleet, or a lost bell ends as `unreachable`.
    private static let wait: Duration = .seconds(5)
    /// How long a flood of bells may keep a dispatched job unseen.
    private static let patience: Duration = .seconds(1)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var place: StreamPlace?
            while !Task.isCancelled { await listenUntilTrouble(&place) }
        }
    }

    /// One life of the connection: from its first `pending` to its loss.
    ///
    /// The place outlives it: a question that was rung meanwhile is still answered. The first one begins a minute before the
    /// newest entry: what was asked while the agent started is still waited for, older questions are nobody's any more.
    private func listenUntilTrouble(_ lastPlace: inout StreamPlace?) async {
        do throws(CoordinationError) {
            let generation = try await fleet.server().generation
            var place = if let lastPlace { lastPlace } else { try await fleet.bellStart(host) }
            defer { lastPlace = place }
            try await takePending()
            await noteRedis(nil)
            var lastAsked = ContinuousClock.now
            var isRung = false
            while !Task.isCancelled {
                let bells = try await fleet.listen(host, behind: &place, wait: isRung ? .zero : Self.wait)
                for bell in bells { await take(bell) }
                isRung = isRung || bells.contains(.work)
                // However many bells have rung, one question is enough: when all are heard, or hearing them takes long.
                let isHeard = isRung && place.isEnd
                if isHeard || ContinuousClock.now - lastAsked >= (isRung ? Self.patience : Self.wait) {
                    try await takePending()
                    lastAsked = .now
                    isRung = false
                }
                // A new connection may have lost what was rung meanwhile, or reach another server.
                guard try await fleet.server().generation == generation else { return }
            }
        } catch {
            guard !Task.isCancelled else { return }
            await noteRedis(error.description)
            await goOnWithoutBell(error)
        }
    }

    /// What is dispatched is asked for even where the bell itself can't be read.
    ///
    /// The connection backs off by itself; the pause keeps an error that comes at once from turning the loop hot.
    private func goOnWithoutBell(_ error: CoordinationError) async {
        if case .contract = error {
            // The fault is told already; one of `pending` itself says no more.
            try? await takePending()
            try? await Task.sleep(for: Self.wait)
        } else {
            try? await Task.sleep(for: .milliseconds(500))
        }
    }

    private func takePending() async throws(CoordinationError) {
        guard await state.mayWork else { return }
        // A busy host asks every 5 s, perhaps for an hour: the order that waits for it may be long.
        let pending = try await fleet.pending(host, withOrder: state.current == nil)
        await jobs.offer(pending.attempts, order: pending.order)
        guard pending.dropped > 0, let untold = await complaints.tell("dropped", of: nil) else { return }
        logger.notice(
            "pending named what is not dispatched; dropped",
            metadata: ["pending.dropped": "\(pending.dropped)", "log.untold": "\(untold)"])
    }

    private func take(_ bell: Bell) async {
        switch bell {
        case .work: break
        case .question(let id, _): questions.offer(id)
        case .malformed(let why):
            guard let untold = await complaints.tell(why, of: nil) else { return }
            logger.notice(
                "bell entry skipped", metadata: ["bell.problem": "\(why.prefix(200))", "log.untold": "\(untold)"])
        }
    }

    private func noteRedis(_ trouble: String?) async {
        let isNews = await state.redis(trouble)
        if trouble == nil { await published.signal() }
        guard isNews else { return }
        if let trouble {
            logger.warning("redis away", metadata: ["redis.error": "\(trouble)"])
        } else {
            logger.info("listening", metadata: ["fleet": "\(fleet.name)", "host": "\(host)"])
        }
    }
}
