import DeployModel
import FoundationEssentials

/// The key that an operator signs with: a private key's file, or a public key's whose private half ssh-agent has. The same words
/// as git's `user.signingKey`.
struct SigningKey: Sendable {
    /// What ssh-keygen gets as `-f`.
    let path: String
    /// The public half: kind and base 64, parted by a blank.
    let publicKey: String

    private static let kinds = ["ssh-", "ecdsa-", "sk-"]

    /// Reads the public half.
    ///
    /// - Throws: ``OperatorError/usage(_:)`` that names the file.
    static func read(_ path: String, by tool: OperatorTool = .sshKeygen) async throws(OperatorError) -> SigningKey {
        guard let text = try UserFiles.read(path) else {
            throw .usage("signing_key: \(VisibleText(path)) does not exist; qtctl keys generate makes a key")
        }
        if let key = publicKey(text) { return SigningKey(path: path, publicKey: key) }
        if let text = try UserFiles.read(path + ".pub"), let key = publicKey(text) {
            return SigningKey(path: path, publicKey: key)
        }
        // Asks for the passphrase of a file in an older format.
        let answer = try await tool.converse(["-y", "-f", path])
        guard answer.isGood, let key = publicKey(answer.text) else {
            throw .usage("signing_key: \(VisibleText(path)) is no key that ssh-keygen can read; name its .pub file")
        }
        return SigningKey(path: path, publicKey: key)
    }

    private static func publicKey(_ text: String) -> String? {
        let words = text.split(whereSeparator: \.isWhitespace).prefix(2)
        guard words.count == 2, kinds.contains(where: { words[0].hasPrefix($0) }),
            Data(base64Encoded: String(words[1])) != nil
        else { return nil }
        return words.joined(separator: " ")
    }

    /// SHA256:..., as ssh-keygen shows it.
    func fingerprint(by tool: OperatorTool = .sshKeygen) async throws(OperatorError) -> String {
        let answer = try await tool.ask(["-l", "-f", "-"], input: Array((publicKey + "\n").utf8))
        let words = answer.text.split(separator: " ")
        guard answer.isGood, words.count > 1 else { throw .usage("\(VisibleText(path)): \(answer.said)") }
        return String(words[1])
    }

    /// Whom an allowed_signers file lets sign with this key now: names, and patterns of names. ssh-keygen judges that, validity,
    /// authorities and all, from a signature. It looks for the key in it alone, so one with nothing else in it does, and nobody has
    /// to type a passphrase or touch a key to learn their name.
    func principals(in file: String, by tool: OperatorTool = .sshKeygen) async throws(OperatorError) -> [String] {
        let answer = try await Self.withFile(signatureWithoutContent) { (name) throws(OperatorError) in
            try await tool.ask(["-Y", "find-principals", "-f", file, "-s", name])
        }
        return answer.isGood ? answer.text.split(separator: "\n").map(String.init) : []
    }

    /// The frame of a signature (PROTOCOL.sshsig of OpenSSH) around this key.
    private var signatureWithoutContent: String {
        var frame = Data("SSHSIG".utf8) + [0, 0, 0, 1]
        let key = Data(base64Encoded: publicKey.split(separator: " ").last.map(String.init) ?? "") ?? Data()
        for part in [key, Data(OrderSigner.namespace.utf8), Data(), Data("sha512".utf8), Data()] {
            withUnsafeBytes(of: UInt32(part.count).bigEndian) { frame += $0 }
            frame += part
        }
        return "-----BEGIN SSH SIGNATURE-----\n\(frame.base64EncodedString())\n-----END SSH SIGNATURE-----\n"
    }

    /// Gives a text to a program that only reads files.
    static func withFile<Value>(
        _ text: String, _ body: (String) async throws(OperatorError) -> Value
    ) async throws(OperatorError) -> Value {
        let name = try UserFiles.temporary(text)
        defer { UserFiles.remove(name) }
        return try await body(name)
    }
}
