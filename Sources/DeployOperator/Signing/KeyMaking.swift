package import DeployModel

/// `keys generate`: a key for an operator, and what to do with it.
package struct KeyMaking: Sendable {
    private let console: Console
    private let tool = OperatorTool.sshKeygen

    /// Says on this console what was made.
    package init(console: Console) { self.console = console }

    /// Makes a key, with the passphrase that ssh-keygen asks for, and says what to do with it.
    ///
    /// - Parameters:
    ///   - path: where the private key goes.
    ///   - name: the name that hosts shall know the key by.
    ///   - hasPassphrase: false for a key that whoever has the file can use.
    /// - Throws: ``OperatorError/usage(_:)`` when the file exists already, or ssh-keygen made none.
    package func generate(_ path: String, for name: OperatorName, hasPassphrase: Bool) async throws(OperatorError) {
        if try UserFiles.read(path) != nil {
            throw .usage("\(VisibleText(path)) exists already, and is left as it is; name another with --file")
        }
        try UserFiles.requireFolder(of: path)
        let words = ["-q", "-t", "ed25519", "-C", name.text, "-f", path] + (hasPassphrase ? [] : ["-N", ""])
        guard try await tool.converse(words).isGood else {
            throw .usage("ssh-keygen made no key: see above; without a terminal say --no-passphrase")
        }
        // Where nobody could be asked, ssh-keygen takes no passphrase for an empty one.
        if hasPassphrase, try await tool.ask(["-y", "-P", "", "-f", path]).isGood {
            UserFiles.remove(path)
            UserFiles.remove(path + ".pub")
            throw .usage(
                "no passphrase was given, and the key was taken away again; say --no-passphrase for one without")
        }
        let key = try await SigningKey.read(path, by: tool)
        let line = "\(name) namespaces=\"\(OrderSigner.namespace)\" \(key.publicKey)"
        console.note("made \(path), \(try await key.fingerprint(by: tool))")
        console.note("1. let root add this line to /etc/qtagent/allowed_signers on each host:")
        console.show(line)
        console.note(
            "2. set signing_key: \(path) in the context of ~/.config/qtctl/config.yaml, in place of signatures")
        console.note("3. see whether it is believed: qtctl keys check")
        console.show(JSONLine("key", [("file", .text(path)), ("allowed_signers_line", .text(line))]))
        console.summary(exit: .good)
    }
}
