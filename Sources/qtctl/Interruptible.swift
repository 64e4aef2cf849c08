import DeployModel
import DeployOperator
import UnixSignals

/// Lets a person leave a command that watches: Ctrl-C (or SIGTERM) detaches, and the rollout goes on.
enum Interruptible {
    /// Runs `body` until it ends or a signal comes.
    static func run(
        _ session: Session, _ body: @escaping @Sendable () async throws(OperatorError) -> ExitCode
    ) async throws(OperatorError) -> ExitCode {
        let result = await withTaskGroup(of: Result<ExitCode, OperatorError>?.self) { group in
            group.addTask {
                do throws(OperatorError) { return .success(try await body()) } catch { return .failure(error) }
            }
            group.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { return .success(.interrupted) }
                return nil
            }
            var first: Result<ExitCode, OperatorError>?
            while first == nil, let next = await group.next() { first = next }
            group.cancelAll()
            return first ?? .success(.interrupted)
        }
        if case .success(.interrupted) = result {
            session.console.note("left; what was submitted goes on: qtctl follow @last")
        }
        return try result.get()
    }
}
