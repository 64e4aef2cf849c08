import DeployModel
import Synchronization

/// The questions that wait for an answer, each once, the newest first: an agent that was away hears at its start what was asked
/// meanwhile, and who asked last is still there. At most 64: when more come, the oldest are not answered.
final class QuestionQueue: Sendable {
    /// Ends a wait for questions: one element however many have come.
    let news: AsyncStream<Void>
    private let input: AsyncStream<Void>.Continuation
    private static let most = 64
    private static let remembered = 256
    private let state = Mutex(State())

    private struct State {
        var waiting: [RolloutID] = []
        /// The newest questions, so that one which is heard again is not answered again.
        var heard: [RolloutID] = []
    }

    init() { (news, input) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    func offer(_ id: RolloutID) {
        let isNew = state.withLock { state in
            if state.heard.contains(id) { return false }
            state.heard = state.heard.suffix(Self.remembered - 1) + [id]
            state.waiting = state.waiting.suffix(Self.most - 1) + [id]
            return true
        }
        if isNew { input.yield() }
    }

    /// The newest question that waits; nil when there is none.
    func take() -> RolloutID? { state.withLock { $0.waiting.popLast() } }
}
