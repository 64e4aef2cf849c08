import DeployModel
import DeployOperator
import UnixSignals

/// Lets a person leave a command at work: Ctrl-C and SIGTERM detach, and the rollout goes on. Used only where there is a
/// rollout to leave; before that, a signal ends the process as it ends any other.
enum Interruptible {
    /// Runs `body` until it ends or a signal comes.
    ///
    /// - Returns: what the body returned, or nil when it was left.
    static func run<Result: Sendable>(
        _ body: @escaping @Sendable () async throws(OperatorError) -> Result
    ) async throws(OperatorError) -> Result? {
        let first = await withTaskGroup(of: Swift.Result<Result?, OperatorError>.self) { group in
            group.addTask {
                do throws(OperatorError) { return .success(try await body()) } catch { return .failure(error) }
            }
            group.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { break }
                return .success(nil)
            }
            // The second child ends at a signal, or when it is cancelled because the first has ended.
            let first = await group.next() ?? .success(nil)
            group.cancelAll()
            return first
        }
        return try first.get()
    }
}
