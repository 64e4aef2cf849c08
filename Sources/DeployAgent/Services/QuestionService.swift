import Coordination
import DeployModel
import HostControl
import Logging
import ServiceLifecycle

/// Answers questions beside the host job, two at a time. Questions change nothing, so none is written down.
struct QuestionService: Service {
    let host: HostName
    let fleet: Fleet
    let queue: QuestionQueue
    let planner: PlanAnswer
    let complaints: Complaints
    let logger: Logger

    /// How long an answer that could not be given is tried again: about as long as anybody waits for one.
    private static let patience: Duration = .seconds(30)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                var running = 0
                for await _ in queue.news {
                    while let id = queue.take() {
                        if running == 2 {
                            await group.next()
                            running -= 1
                        }
                        running += 1
                        group.addTask { await answer(id) }
                    }
                }
            }
        }
    }

    /// Answers a question. What Redis did not take is offered again; what it took twice counts once, because who asks keeps one
    /// answer for each service.
    private func answer(_ id: RolloutID) async {
        let end = ContinuousClock.now + Self.patience
        var answers: [[(String, String)]]?
        while true {
            do throws(CoordinationError) {
                if answers == nil { answers = try await find(id) }
                for answer in answers ?? [] { try await fleet.answer(id, from: host, answer) }
                return
            } catch {
                if let untold = await complaints.tell("\(error)", of: nil) {
                    logger.notice(
                        "question not answered",
                        metadata: ["ask": "\(id)", "redis.error": "\(error)", "log.untold": "\(untold)"])
                }
                guard error.mayPass, ContinuousClock.now < end, !Task.isCancelled else { return }
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// What there is to answer: an entry for each service, and one that says how many these are; none when nobody asks any more.
    private func find(_ id: RolloutID) async throws(CoordinationError) -> [[(String, String)]] {
        guard let question = try await fleet.question(id) else { return [] }
        switch question.kind {
        case .plan:
            let entry = question.entry
            let targets = await planner.targets(
                PlanAnswer.Question(
                    services: entry["services"], source: entry["source"], branch: entry["branch"],
                    commit: entry["commit"], purpose: PlanAnswer.Purpose(rawValue: entry["op"]) ?? .deploy))
            return targets + [[("type", "done"), ("targets", String(targets.count))]]
        }
    }
}
