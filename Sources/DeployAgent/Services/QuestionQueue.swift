import DeployModel

/// The questions that wait for an answer. At most 64: when more come, the oldest are not answered.
struct QuestionQueue: Sendable {
    let questions: AsyncStream<(id: RolloutID, until: Timestamp)>
    private let input: AsyncStream<(id: RolloutID, until: Timestamp)>.Continuation

    init() { (questions, input) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(64)) }

    func offer(_ id: RolloutID, until: Timestamp) { input.yield((id, until)) }
}
