/// Cuts a stream of bytes into lines, at LF. A line without an end is handed out in pieces of ``limit`` bytes, so that no
/// program can make the agent collect without bound.
package struct LineSplitter: Sendable {
    /// The most bytes that a line has.
    package static let limit = 4096
    private var rest: [UInt8] = []

    /// A splitter at the beginning of a stream.
    package init() {}

    /// Takes more bytes and returns the lines that they complete.
    package mutating func take(_ bytes: [UInt8]) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                lines.append(rest)
                rest.removeAll(keepingCapacity: true)
                continue
            }
            rest.append(byte)
            if rest.count == Self.limit {
                lines.append(rest)
                rest.removeAll(keepingCapacity: true)
            }
        }
        return lines
    }

    /// The end of the stream: what came after the last LF, if anything did.
    package mutating func finish() -> [UInt8]? {
        defer { rest = [] }
        return rest.isEmpty ? nil : rest
    }
}
