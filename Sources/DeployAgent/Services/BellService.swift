import Coordination
import DeployModel
import Logging
import ServiceLifecycle

/// Listens to the host's bell, and asks what is dispatched: after each connect, on every bell, and every 30 s. A bell that is
/// lost, trimmed or poisoned costs time, never work.
struct BellService: Service {
    let host: HostName
    let fleet: Fleet
    let state: AgentState
    let jobs: JobQueue
    let questions: QuestionQueue
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled { await listenUntilTrouble() }
        }
    }

    /// One life of the connection: from its first `pending` to its loss.
    private func listenUntilTrouble() async {
        do throws(CoordinationError) {
            let generation = try await fleet.server().generation
            var cursor = try await fleet.bellStart(host)
            try await takePending()
            await noteRedis(nil)
            var lastAsked = ContinuousClock.now
            while !Task.isCancelled {
                let bells = try await fleet.listen(host, behind: &cursor, wait: .seconds(5))
                for bell in bells { take(bell) }
                if bells.contains(.work) || ContinuousClock.now - lastAsked > .seconds(30) {
                    try await takePending()
                    lastAsked = ContinuousClock.now
                }
                // A new connection may have lost what was rung meanwhile, or reach another server.
                guard try await fleet.server().generation == generation else { return }
            }
        } catch {
            guard !Task.isCancelled else { return }
            await noteRedis(error.description)
            // The connection backs off by itself; this keeps an error that comes at once from turning the loop hot.
            try? await Task.sleep(for: .milliseconds(500))
        }
    }

    private func takePending() async throws(CoordinationError) {
        guard await state.mayWork else { return }
        for attempt in try await fleet.pending(host) { await jobs.offer(attempt) }
    }

    private func take(_ bell: Bell) {
        switch bell {
        case .work: break
        case .question(let id, let until): questions.offer(id, until: until)
        case .malformed(let why):
            logger.notice("bell entry skipped", metadata: ["bell.problem": "\(why)"])
        }
    }

    private func noteRedis(_ trouble: String?) async {
        guard await state.redis(trouble) else { return }
        if let trouble {
            logger.warning("redis away", metadata: ["redis.error": "\(trouble)"])
        } else {
            logger.info("listening", metadata: ["fleet": "\(fleet.name)", "host": "\(host)"])
        }
    }
}
