internal import Subprocess

/// What both streams of a child have printed, read side by side, so that neither can block the child.
struct CapturedOutput: Sendable {
    var standardOutput: [UInt8] = []
    var standardError: [UInt8] = []

    /// Reads both streams to their end, or to the end of the child.
    ///
    /// - Throws: ``HostError/outputLimit(command:bytes:)`` as soon as one stream passes the limit.
    static func read(
        _ output: SubprocessOutputSequence, _ error: SubprocessOutputSequence, of command: HostCommand,
        _ onLine: (@Sendable (OutputLine) -> Void)?
    ) async throws -> CapturedOutput {
        try await withThrowingTaskGroup(of: (OutputLine.Stream, [UInt8]).self) { group in
            group.addTask { (.standardOutput, try await collect(output, .standardOutput, of: command, onLine)) }
            group.addTask { (.standardError, try await collect(error, .standardError, of: command, onLine)) }
            var captured = CapturedOutput()
            for try await (stream, bytes) in group {
                switch stream {
                case .standardOutput: captured.standardOutput = bytes
                case .standardError: captured.standardError = bytes
                }
            }
            return captured
        }
    }

    private static func collect(
        _ sequence: SubprocessOutputSequence, _ stream: OutputLine.Stream, of command: HostCommand,
        _ onLine: (@Sendable (OutputLine) -> Void)?
    ) async throws -> [UInt8] {
        var all: [UInt8] = []
        var splitter = LineSplitter()
        for try await buffer in sequence {
            let bytes = buffer.withUnsafeBytes { Array($0) }
            guard all.count + bytes.count <= command.outputLimit else {
                throw HostError.outputLimit(command: command.shown, bytes: command.outputLimit)
            }
            all += bytes
            guard let onLine else { continue }
            for line in splitter.take(bytes) { onLine(OutputLine(stream: stream, bytes: line)) }
        }
        if let onLine, let line = splitter.finish() { onLine(OutputLine(stream: stream, bytes: line)) }
        return all
    }
}
