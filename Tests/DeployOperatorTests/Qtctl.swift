import Foundation

/// The program itself, as a shell starts it: what no test of a part can show.
struct Qtctl: Sendable {
    /// What a command said.
    struct Answer: Sendable {
        var code: Int32
        /// Standard output and standard error, as the shell text directs them.
        var output: String
    }

    /// Runs a text of bash in which `qtctl` is the built program, in an environment of these variables alone.
    static func run(_ script: String, _ variables: [String: String] = [:]) async -> Answer {
        let own = variables.map { "\($0.key)=\(quoted($0.value))" }.joined(separator: " ")
        let prelude = "qtctl() { command \(quoted(path)) \"$@\"; }\n"
        let command =
            "exec env -i PATH=/usr/bin:/bin HOME=/nowhere USER=ann TZ=UTC \(own) bash -c \(quoted(prelude + script)) </dev/null"
        return await withCheckedContinuation { continuation in
            // popen and fread block: not on a thread of Swift's own pool.
            Thread.detachNewThread { continuation.resume(returning: wait(command)) }
        }
    }

    private static func wait(_ command: String) -> Answer {
        guard let pipe = popen(command, "r") else { return Answer(code: -1, output: "popen failed") }
        var output: [UInt8] = []
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&bytes, 1, bytes.count, pipe), count > 0 { output += bytes[..<count] }
        let status = pclose(pipe)
        let code = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
        return Answer(code: code, output: String(decoding: output, as: UTF8.self))
    }

    static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }

    private static var path: String { folder + "/qtctl" }

    /// Where the build has put it: beside the tests.
    static var folder: String {
        var bytes = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &bytes, bytes.count)
        let own = String(decoding: bytes.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return String(own[..<(own.lastIndex(of: "/") ?? own.endIndex)])
    }
}
