import DeployModel
import Synchronization

/// The questions that wait for an answer, each once. At most 64: when more come, the oldest are not answered.
final class QuestionQueue: Sendable {
    let questions: AsyncStream<(id: RolloutID, until: Timestamp)>
    private let input: AsyncStream<(id: RolloutID, until: Timestamp)>.Continuation
    /// The newest questions, so that one which is heard again is not answered again.
    private let heard = Mutex<[RolloutID]>([])

    init() { (questions, input) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(64)) }

    func offer(_ id: RolloutID, until: Timestamp) {
        let isNew = heard.withLock { heard in
            if heard.contains(id) { return false }
            heard = heard.suffix(255) + [id]
            return true
        }
        if isNew { input.yield((id, until)) }
    }
}
