import Foundation
import Subprocess
import SystemPackage
import TestSupport

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
        let prelude = "qtctl() { command \(quoted(path)) \"$@\"; }\n"
        let own = variables.map { "\($0.key)=\($0.value)" }
        let words = ["-i", "PATH=/usr/bin:/bin", "HOME=/nowhere", "USER=ann", "TZ=UTC"] + own
        // Not popen(3): what it starts would hold copies of the connections that other tests have open.
        do {
            let result = try await Subprocess.run(
                .path("/usr/bin/env"), arguments: Arguments(words + ["bash", "-c", prelude + script]),
                output: .string(limit: 16 << 20), error: .discarded)
            let code: Int32 =
                switch result.terminationStatus {
                case .exited(let code): code
                case .signaled(let signal): 128 + signal
                }
            return Answer(code: code, output: result.standardOutput)
        } catch {
            return Answer(code: -1, output: "\(error)")
        }
    }

    static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }

    private static var path: String { BuiltPrograms.folder + "/qtctl" }
}
