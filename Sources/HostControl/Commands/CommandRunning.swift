/// Runs commands. There is one real runner, ``CommandRunner``; a unit test may answer from a list.
package protocol CommandRunning: Sendable {
    /// Runs a command to its end.
    ///
    /// - Parameters:
    ///   - command: What to run.
    ///   - onLine: Called for each line as it is printed, in the order of each stream; never two calls at the same time
    ///     for one stream.
    /// - Returns: The result, whatever the exit code.
    /// - Throws: ``HostError`` when the program did not start, passed a limit, or the task was cancelled. Its whole process
    ///   group is gone by then.
    func run(_ command: HostCommand, onLine: (@Sendable (OutputLine) -> Void)?) async throws(HostError) -> CommandResult
}

extension CommandRunning {
    /// Runs a command for which only exit code 0 is an answer.
    package func succeed(
        _ command: HostCommand, onLine: (@Sendable (OutputLine) -> Void)? = nil
    ) async throws(HostError) -> CommandResult {
        let result = try await run(command, onLine: onLine)
        guard result.succeeded else {
            throw .failed(command: command.shown, termination: result.termination, said: result.lastWords)
        }
        return result
    }
}
