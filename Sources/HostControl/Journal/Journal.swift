package import DeployModel

/// What services have logged, through journalctl.
package struct Journal: Sendable {
    /// Runs journalctl.
    package let runner: any CommandRunning
    /// What one call may take.
    package let limits: JournalLimits

    /// The journal of this host.
    package init(runner: any CommandRunning, limits: JournalLimits) {
        self.runner = runner
        self.limits = limits
    }

    /// What one run of a service has logged, oldest first.
    ///
    /// - Parameters:
    ///   - service: The service.
    ///   - invocation: The run's InvocationID.
    ///   - newest: At most so many entries are read: the newest.
    /// - Returns: The lines; a journal that has nothing of the run gives none.
    /// - Throws: ``HostError``; `outputLimit` when the entries are larger than the limit: then nothing is known.
    package func lines(
        of service: ServiceName, invocation: String, newest: Int
    ) async throws(HostError) -> [JournalLine] {
        try await read(service, invocation, .newest(newest))
    }

    /// What one run of a service has logged, without a gap: all of it, or all after a line that was read before.
    ///
    /// - Parameters:
    ///   - service: The service.
    ///   - invocation: The run's InvocationID.
    ///   - cursor: The cursor of the last line that was read; nil for the run's first line on.
    /// - Returns: The lines, oldest first.
    /// - Throws: As ``lines(of:invocation:newest:)``.
    package func lines(
        of service: ServiceName, invocation: String, after cursor: String?
    ) async throws(HostError) -> [JournalLine] {
        try await read(service, invocation, cursor.map { .after($0) } ?? .all)
    }

    private func read(
        _ service: ServiceName, _ invocation: String, _ part: JournalPart
    ) async throws(HostError) -> [JournalLine] {
        guard invocation.utf8.count == 32, invocation.allSatisfy({ $0.isASCII && $0.isHexDigit }) else {
            throw .oddAnswer(command: "systemctl show \(service.unit)", found: "InvocationID=\(invocation)")
        }
        let command = JournalCommands.read(service, invocation: invocation, part, limits: limits)
        let result = try await runner.succeed(command)
        var lines: [JournalLine] = []
        for record in result.standardOutput.split(separator: UInt8(ascii: "\n")) {
            guard let line = JournalLine(json: record, unit: service.unit) else {
                throw .oddAnswer(command: command.shown, found: String(decoding: record.prefix(200), as: UTF8.self))
            }
            lines.append(line)
        }
        return lines
    }
}

extension [JournalLine] {
    /// The newest lines as text for evidence: whole lines, at most `bytes` in all.
    package func tail(bytes limit: Int) -> String {
        var chosen: [String] = []
        var size = 0
        for line in reversed() {
            let text = line.shown
            size += text.utf8.count + 1
            if size > limit { break }
            chosen.append(text)
        }
        return chosen.reversed().joined(separator: "\n")
    }
}
