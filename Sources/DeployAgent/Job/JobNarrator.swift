import Coordination
import DeployModel
import Synchronization

/// Tells followers what a job does, beside the job: telling never delays or fails a step. While Redis is away the newest
/// events wait, the oldest are dropped; the verdict does not depend on them.
final class JobNarrator: Sendable {
    private let send: @Sendable (StepEvent) async -> Void
    private let events: AsyncStream<StepEvent>
    private let input: AsyncStream<StepEvent>.Continuation
    private let current: Mutex<Step> = Mutex(.admit)

    /// A narrator whose listener is `send`.
    init(_ send: @escaping @Sendable (StepEvent) async -> Void) {
        self.send = send
        (events, input) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(500))
    }

    /// The step that was told last.
    var step: Step { current.withLock { $0 } }

    /// Tells one event. Returns at once.
    func tell(_ step: Step, _ state: StepState, _ detail: String = "", service: ServiceName? = nil, took: Int64? = nil)
    {
        if state == .begun { current.withLock { $0 = step } }
        input.yield(
            StepEvent(
                service: service, step: step, state: state, milliseconds: took, detail: VisibleText(detail).description)
        )
    }

    /// No more events come; ``run()`` returns when the last one is told.
    func finish() { input.finish() }

    /// Sends events until ``finish()``.
    func run() async {
        for await event in events { await send(event) }
    }
}
