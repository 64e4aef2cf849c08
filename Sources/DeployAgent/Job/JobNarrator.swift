import Coordination
import DeployModel
import Synchronization

/// Tells followers what a job does, beside the job: telling never delays or fails a step. While Redis is away the newest
/// events wait, the oldest are dropped; the verdict does not depend on them.
final class JobNarrator: Sendable {
    private let send: @Sendable ([StepEvent]) async -> Void
    private let timed: @Sendable (Step, Int64) -> Void
    private let story = Mutex(Story())
    private let news: AsyncStream<Void>
    private let bell: AsyncStream<Void>.Continuation

    /// What is told and not sent yet.
    fileprivate struct Story {
        var step = Step.admit
        var waiting: [StepEvent] = []
        var bound = OutputBound()
    }

    /// Events that wait at most: a page of what happened last is worth more than everything before it.
    fileprivate static let longest = 500
    /// Events of one call: more would hold Redis too long.
    private static let most = 50

    /// What is told within this time after a call goes in the next one.
    private static let gathering: Duration = .milliseconds(20)

    /// A narrator whose listener is `send`; what came while it was busy, it hears at once. `timed` hears in the moment how many
    /// milliseconds a whole step took.
    init(
        timed: @escaping @Sendable (Step, Int64) -> Void = { _, _ in },
        _ send: @escaping @Sendable ([StepEvent]) async -> Void
    ) {
        self.timed = timed
        self.send = send
        (news, bell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// The step that was told last.
    var step: Step { story.withLock { $0.step } }

    /// Tells one event. Returns at once.
    func tell(_ step: Step, _ state: StepState, _ detail: String = "", service: ServiceName? = nil, took: Int64? = nil)
    {
        if let took { timed(step, took) }
        let detail = VisibleText(detail).description
        story.withLock { story in
            if state == .begun { story.step = step }
            if state == .output {
                guard let line = story.bound.take(detail, step, service) else { return }
                story.add(StepEvent(service: service, step: step, state: .output, milliseconds: nil, detail: line))
                return
            }
            // The end of a whole step, not that of one service.
            if took != nil {
                for (service, line) in story.bound.leftOut(of: step) {
                    story.add(StepEvent(service: service, step: step, state: .output, milliseconds: nil, detail: line))
                }
            }
            story.add(StepEvent(service: service, step: step, state: state, milliseconds: took, detail: detail))
        }
        bell.yield()
    }

    /// No more events come; ``run()`` returns when the last one is told.
    func finish() { bell.finish() }

    /// Sends events until ``finish()``.
    func run() async {
        for await _ in news {
            await sendAll()
            // Cut short where the end of the job cancels this task.
            try? await Task.sleep(for: Self.gathering)
        }
        await sendAll()
    }

    private func sendAll() async {
        while case let some = story.withLock({ $0.take(Self.most) }), !some.isEmpty { await send(some) }
    }
}

extension JobNarrator.Story {
    fileprivate mutating func add(_ event: StepEvent) {
        waiting.append(event)
        if waiting.count > JobNarrator.longest { waiting.removeFirst(waiting.count - JobNarrator.longest) }
    }

    fileprivate mutating func take(_ most: Int) -> [StepEvent] {
        let some = Array(waiting.prefix(most))
        waiting.removeFirst(some.count)
        return some
    }
}
