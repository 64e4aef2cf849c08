internal import DeployModel

/// Judges signatures as `ssh-keygen -Y verify` does, which is how git judges those of commits (ssh-keygen(1), OpenSSH 8.1 and
/// later). Principals, validity, authorities and namespaces mean what they mean there.
package struct SignatureVerifier: Sendable {
    private let runner: any CommandRunning

    /// What is signed for us is signed for nothing else: a signature of a commit or a file never counts here.
    package static let namespace = "qtdeploy"
    /// The longest signature that is looked at, in bytes. One by a certificate of many principals has some 4 KiB.
    package static let maximumBytes = 16384
    /// OpenSSH's own program; a host without it can't be made to trust a signature.
    package static let program = "/usr/bin/ssh-keygen"

    /// The files that decide.
    package struct Files: Sendable, Equatable {
        /// Who may sign (ssh-keygen(1), ALLOWED SIGNERS).
        package var allowedSigners: String
        /// Keys that may not, whatever the other file says: public keys, one per line, or a KRL.
        package var revokedKeys: String

        /// The two files.
        package init(allowedSigners: String, revokedKeys: String) {
            self.allowedSigners = allowedSigners
            self.revokedKeys = revokedKeys
        }
    }

    /// What came of it.
    package enum Finding: Sendable, Equatable {
        /// The signature is good; by which key, as its fingerprint.
        case good(key: String)
        /// It is not; why, safe to print.
        case bad(String)
    }

    /// Verification by a runner's processes.
    package init(runner: any CommandRunning) { self.runner = runner }

    /// Whether `principal` signed these bytes with a key that may.
    ///
    /// - Throws: ``HostError`` when ssh-keygen could not be run to its end; then nothing is known.
    package func verify(
        _ text: [UInt8], signature: [UInt8], by principal: String, _ files: Files
    ) async throws(HostError) -> Finding {
        guard signature.count <= Self.maximumBytes else { return .bad("the signature has \(signature.count) bytes") }
        let (textFile, signatureFile) = (try NamelessFile(text), try NamelessFile(signature))
        var command = Self.command([
            "-Y", "verify", "-n", Self.namespace, "-f", files.allowedSigners, "-r", files.revokedKeys, "-I", principal,
            "-s", signatureFile.path,
        ])
        command.standardInput = .inherited(textFile.descriptor)
        let result = try await runner.run(command, onLine: nil)
        guard case .exited = result.termination else {
            throw .failed(command: command.shown, termination: result.termination, said: result.lastWords)
        }
        let finding = result.succeeded ? Self.good(result) : await why(result, signatureFile, principal, files)
        // Both are the child's until here.
        withExtendedLifetime((textFile, signatureFile)) {}
        return finding
    }

    private static func command(_ arguments: [String]) -> HostCommand {
        HostCommand(
            executable: program, arguments: arguments, environment: ["LC_ALL": "C", "PATH": "/usr/bin:/bin"],
            workingDirectory: "/", identity: nil, timeLimit: .seconds(20), outputLimit: 65536, standardInput: .nothing)
    }

    private static func good(_ result: CommandResult) -> Finding {
        let key = result.text.split(whereSeparator: \.isWhitespace).last { $0.hasPrefix("SHA256:") }
        return .good(key: key.map(String.init) ?? "")
    }

    /// What is wrong, in words. Of a key that is not the principal's, or is revoked, ssh-keygen says nothing by itself.
    private func why(
        _ result: CommandResult, _ signature: NamelessFile, _ principal: String, _ files: Files
    ) async -> Finding {
        if let said = Self.said(result) { return .bad(said) }
        let command = Self.command(["-Y", "find-principals", "-f", files.allowedSigners, "-s", signature.path])
        let found = try? await runner.run(command, onLine: nil)
        guard let found, found.succeeded else {
            return .bad("the key that signed is not in \(files.allowedSigners), or not valid now")
        }
        let principals = found.text.split(separator: "\n")
        guard principals.contains(principal[...]) else {
            let names = VisibleText(principals.joined(separator: ", ").prefix(200))
            return .bad("the key that signed may sign for \(names), not for \(VisibleText(principal))")
        }
        return .bad("the key that signed is revoked in \(files.revokedKeys), or that file can't be read")
    }

    private static func said(_ result: CommandResult) -> String? {
        result.standardError.split(separator: UInt8(ascii: "\n")).last { !$0.isEmpty }.map {
            VisibleText(bytes: $0.prefix(300)).description
        }
    }
}
