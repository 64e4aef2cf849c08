import DeployModel
import Glibc
import Subprocess
import SystemPackage

/// A program of this machine, as the operator would run it: with the same variables (SSH_AUTH_SOCK), at the same terminal.
struct OperatorTool: Sendable {
    private let path: String
    private let package: String

    /// A program, and Debian's package that has it.
    init(_ path: String, package: String) {
        self.path = path
        self.package = package
    }

    /// OpenSSH's own; git signs with the same one.
    static let sshKeygen = OperatorTool("/usr/bin/ssh-keygen", package: "openssh-client")

    /// What it left.
    struct Answer {
        /// Whether it ended by itself with 0.
        let isGood: Bool
        /// Standard output.
        let output: [UInt8]
        /// The last line of standard error, safe to print; empty where that went to the terminal.
        let said: String

        var text: String { String(decoding: output, as: UTF8.self) }
    }

    /// Runs it without a word to the person.
    func ask(_ arguments: [String], input: [UInt8] = []) async throws(OperatorError) -> Answer {
        do {
            let result = try await run(
                .path(FilePath(path)), arguments: Arguments(arguments), input: .array(input),
                output: .bytes(limit: 1 << 20), error: .string(limit: 1 << 16))
            let last = result.standardError.split(separator: "\n").last ?? ""
            return Answer(
                isGood: result.terminationStatus.isSuccess, output: result.standardOutput,
                said: VisibleText(last.prefix(300)).description)
        } catch {
            throw unusable(error)
        }
    }

    /// Runs it so that it may ask for a passphrase or a touch: through the terminal, or SSH_ASKPASS; what it complains of goes to
    /// standard error.
    func converse(_ arguments: [String], input: [UInt8] = []) async throws(OperatorError) -> Answer {
        do {
            let result = try await run(
                .path(FilePath(path)), arguments: Arguments(arguments), environment: Self.atTerminal,
                input: .array(input), output: .bytes(limit: 1 << 20), error: .currentStandardError)
            return Answer(isGood: result.terminationStatus.isSuccess, output: result.standardOutput, said: "")
        } catch {
            throw unusable(error)
        }
    }

    /// What it reads is a pipe, so with DISPLAY set it would ask by a window that nobody may have. Who sits at a terminal is asked
    /// there, unless they have named a program for it.
    private static var atTerminal: Environment {
        guard isatty(STDERR_FILENO) == 1, getenv("SSH_ASKPASS") == nil else { return .inherit }
        return .inherit.updating(["SSH_ASKPASS_REQUIRE": "never"])
    }

    private func unusable(_ error: any Error) -> OperatorError {
        .usage("\(path) can't be run: \(VisibleText("\(error)".prefix(200))); install it: apt-get install \(package)")
    }
}
