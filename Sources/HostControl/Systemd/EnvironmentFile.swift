/// A file of `NAME=value` lines, read as systemd reads an `EnvironmentFile=` (systemd.exec(5)): comments with `#` or `;`,
/// single and double quotes, a backslash at the end of a line goes on in the next.
///
/// systemd passes over a line that it does not understand. Here such a line is an error: a check that takes a port from
/// this file must not be told another value than its author believes.
package struct EnvironmentFile: Sendable, Equatable {
    /// The variables; of two lines with one name the later counts.
    package let variables: [String: String]

    /// Reads a file.
    ///
    /// - Returns: nil when there is no such file.
    /// - Throws: ``HostError/unreadable(path:reason:)``, ``HostError/malformed(path:line:reason:)``.
    package static func read(_ path: String) throws(HostError) -> EnvironmentFile? {
        guard let bytes = try ProcFile(path: path).bytes() else { return nil }
        return try EnvironmentFile(bytes: bytes, path: path)
    }

    /// Reads the file of a unit; one that is missing and may be is empty.
    ///
    /// - Throws: as ``read(_:)``, and `unreadable` for a file that is missing, or a pattern.
    package static func read(_ reference: EnvironmentFileReference) throws(HostError) -> EnvironmentFile {
        if reference.path.contains(where: { "*?[".contains($0) }) {
            throw .unreadable(path: reference.path, reason: "patterns in EnvironmentFile= are not supported")
        }
        if let file = try read(reference.path) { return file }
        guard reference.mayBeMissing else {
            throw .unreadable(path: reference.path, reason: "the environment file does not exist")
        }
        return EnvironmentFile(variables: [:])
    }

    /// Parses a file's bytes; `path` is for errors.
    ///
    /// - Throws: ``HostError/malformed(path:line:reason:)``.
    package init(bytes: [UInt8], path: String) throws(HostError) {
        var parser = EnvironmentParser()
        do {
            for byte in bytes { try parser.take(byte) }
            try parser.finish()
        } catch {
            throw .malformed(path: path, line: error.line, reason: error.reason)
        }
        variables = parser.variables
    }

    private init(variables: [String: String]) { self.variables = variables }
}
