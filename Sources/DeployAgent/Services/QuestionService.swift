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

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                var running = 0
                for await question in queue.questions {
                    if running == 2 {
                        await group.next()
                        running -= 1
                    }
                    running += 1
                    group.addTask { await answer(question.id) }
                }
            }
        }
    }

    private func answer(_ id: RolloutID) async {
        do throws(CoordinationError) {
            guard let question = try await fleet.question(id) else { return }
            switch question.kind {
            case .plan:
                let entry = question.entry
                let targets = await planner.targets(
                    PlanAnswer.Question(
                        services: entry["services"], source: entry["source"], branch: entry["branch"],
                        commit: entry["commit"], purpose: PlanAnswer.Purpose(rawValue: entry["op"]) ?? .deploy))
                for target in targets { try await fleet.answer(id, from: host, target) }
                try await fleet.answer(id, from: host, [("type", "done"), ("targets", String(targets.count))])
            }
        } catch {
            guard let untold = await complaints.tell("\(error)", of: nil) else { return }
            logger.notice(
                "question not answered",
                metadata: ["ask": "\(id)", "redis.error": "\(error)", "log.untold": "\(untold)"])
        }
    }
}
