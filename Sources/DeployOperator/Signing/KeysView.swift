package import DeployModel
import SettingsFile

/// `keys list` and `keys check`: who may sign, and whether this person's key may.
package struct KeysView: Sendable {
    let settings: OperatorSettings
    let console: Console
    let tool = OperatorTool.sshKeygen

    /// The keys of one person.
    package init(settings: OperatorSettings, console: Console) {
        self.settings = settings
        self.console = console
    }

    /// Who may sign by an allowed_signers file; the own key is marked.
    ///
    /// - Throws: ``OperatorError/usage(_:)`` with the line that ssh-keygen would pass over.
    package func list() async throws(OperatorError) {
        let file = try requireFile()
        let signers = try Self.signers(file)
        var own: String?
        if case .key(let path) = settings.signing { own = try? await SigningKey.read(path, by: tool).publicKey }
        var table = TextTable("YOURS", "MAY SIGN AS", "KEY", "OPTIONS")
        for signer in signers {
            let words = "\(signer.keyType) \(signer.key)"
            let key = SigningKey(path: file, publicKey: words)
            let fingerprint = try await key.fingerprint(by: tool)
            table.add(words == own ? "*" : "", signer.principals, fingerprint, signer.options.joined(separator: ","))
            console.show(
                JSONLine(
                    "signer",
                    [
                        ("principals", .text(signer.principals)), ("key", .text(fingerprint)),
                        ("options", .list(signer.options.map { .text($0) })), ("yours", .flag(words == own)),
                    ]))
        }
        console.show("\(file):")
        console.show(table.text)
        console.summary(exit: .good)
    }

    /// Signs a text that means nothing and judges it as a host with this allowed_signers file would.
    ///
    /// - Returns: ``ExitCode/good``, or ``ExitCode/notPermitted`` when hosts would not believe the signature.
    package func check() async throws(OperatorError) -> ExitCode {
        guard case .key(let path) = settings.signing else {
            throw .usage("no signing_key is set: nothing is signed here; qtctl keys generate makes a key")
        }
        let key = try await SigningKey.read(path, by: tool)
        var table = TextTable("key", path)
        table.add("fingerprint", try await key.fingerprint(by: tool))
        let signer = OrderSigner(settings)
        let name = try await signer.operatorName()
        table.add("operator", name.text)
        let text = Array("qtdeploy: a trial, by \(name)\n".utf8)
        let signature = try await signer.sign(text, with: path)
        table.add("signs", "yes, \(signature.count) bytes")
        guard let file = settings.allowedSigners else {
            table.add("believed", "not known here: no allowed_signers file; on a host: qtctl keys list")
            console.show(table.text)
            console.summary(exit: .good)
            return .good
        }
        let flaw = try await signer.flaw(text, signature, of: name, file)
        table.add("revoked", OrderSigner.revokedKeys(beside: file) ?? "not looked at: no revoked_keys beside \(file)")
        table.add("believed", flaw.map { "NO: \($0)" } ?? "yes, by a host that has \(file)")
        console.show(table.text)
        console.summary(exit: flaw == nil ? .good : .notPermitted)
        return flaw == nil ? .good : .notPermitted
    }

    private func requireFile() throws(OperatorError) -> String {
        guard let file = settings.allowedSigners else {
            throw .usage(
                "no allowed_signers file is known here: name a copy of the hosts' with allowed_signers in the context, or "
                    + "QTCTL_ALLOWED_SIGNERS; a host has its own at /etc/qtagent/allowed_signers")
        }
        return file
    }

    private static func signers(_ file: String) throws(OperatorError) -> [AllowedSigner] {
        guard let text = try UserFiles.read(file) else { throw .usage("\(VisibleText(file)) does not exist") }
        do throws(SettingsError) { return try AllowedSigner.parse(text, file: file) } catch {
            throw .usage(error.description)
        }
    }
}
