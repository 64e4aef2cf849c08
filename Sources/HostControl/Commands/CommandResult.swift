internal import DeployModel

/// How a process ended.
package enum Termination: Sendable, Equatable, CustomStringConvertible {
    /// It ended by itself with this code.
    case exited(Int32)
    /// This signal ended it.
    case signalled(Int32)

    package var description: String {
        switch self {
        case .exited(let code): "exit code \(code)"
        case .signalled(let number): "signal \(number)"
        }
    }
}

/// What a command that ran to its end has left. A code other than 0 is a result like any other.
package struct CommandResult: Sendable, Equatable {
    /// How it ended.
    package var termination: Termination
    /// All it printed on standard output.
    package var standardOutput: [UInt8]
    /// All it printed on standard error.
    package var standardError: [UInt8]
    /// How long it ran.
    package var duration: Duration

    /// A result; see the properties.
    package init(termination: Termination, standardOutput: [UInt8], standardError: [UInt8], duration: Duration) {
        self.termination = termination
        self.standardOutput = standardOutput
        self.standardError = standardError
        self.duration = duration
    }

    /// Whether it ended by itself with 0.
    package var succeeded: Bool { termination == .exited(0) }

    /// Standard output as text; what is not UTF-8 shows as U+FFFD. For machine output only: print it through VisibleText.
    package var text: String { String(decoding: standardOutput, as: UTF8.self) }

    /// What a person is shown of a failure: what git and ssh complain of, for they talk on after it; of any other program
    /// the last line that was printed on standard error, or else on standard output.
    package var lastWords: String {
        var complaints: [String] = []
        for line in standardError.split(separator: UInt8(ascii: "\n")) {
            let isComplaint = ["fatal: ", "error: ", "ssh: "].contains { line.starts(with: $0.utf8) }
            // What ends with a colon goes on in the next line.
            guard isComplaint || complaints.last?.hasSuffix(":") == true else { continue }
            complaints.append(VisibleText(bytes: line.prefix(200)).description)
        }
        if !complaints.isEmpty { return complaints.prefix(3).joined(separator: "; ") }
        for stream in [standardError, standardOutput] {
            let line = stream.split(separator: UInt8(ascii: "\n")).last { line in line.contains { $0 > 0x20 } }
            if let line { return VisibleText(bytes: line.prefix(400)).description }
        }
        return "no message"
    }
}

/// A line that a running command printed.
package struct OutputLine: Sendable, Equatable {
    /// Which of the two streams it came from.
    package enum Stream: Sendable, Equatable {
        case standardOutput, standardError
    }
    /// Where it came from.
    package var stream: Stream
    /// The line without its end, at most ``LineSplitter/limit`` bytes; a longer line comes in pieces.
    package var bytes: [UInt8]

    /// A line; see the properties.
    package init(stream: Stream, bytes: [UInt8]) {
        self.stream = stream
        self.bytes = bytes
    }

    /// The line, safe to print.
    package var text: String { VisibleText(bytes: bytes).description }
}
