import Coordination
package import DeployModel
import Glibc

/// An order with its signature; an empty one where orders are not signed.
package struct SignedOrder: Sendable {
    package let order: Order
    let signature: [UInt8]
    /// In words, for the line that says that it was submitted.
    let words: String
}

/// Signs orders as git signs commits, and knows under which name the hosts know the key.
struct OrderSigner: Sendable {
    /// What is signed for us is signed for nothing else (`ssh-keygen -n`).
    static let namespace = "qtdeploy"
    let settings: OperatorSettings
    private let tool = OperatorTool.sshKeygen

    init(_ settings: OperatorSettings) { self.settings = settings }

    /// Under which name an order is submitted.
    ///
    /// - Throws: ``OperatorError/usage(_:)`` when neither a key is named nor `signatures: off` was said, or the key's name is not known.
    func operatorName() async throws(OperatorError) -> OperatorName {
        switch settings.signing {
        case .unsaid: throw Self.unsaid
        case .off: return settings.operatorName
        case .key(let path):
            let key = try await SigningKey.read(path, by: tool)
            guard let file = settings.allowedSigners else {
                return try named(key, "no allowed_signers file is known here")
            }
            let principals = try await key.principals(in: file, by: tool)
            guard !principals.isEmpty else {
                throw .usage(
                    "\(VisibleText(path)) may sign for nobody: its key is not in \(file), or not valid now; "
                        + "see: qtctl keys list")
            }
            if settings.isOperatorSaid { return settings.operatorName }
            if principals.count == 1, let name = try? OperatorName(principals[0]),
                !principals[0].contains(where: isWild)
            {
                return name
            }
            return try named(key, "the key may sign for \(VisibleText(principals.joined(separator: ", ")))")
        }
    }

    private func isWild(_ character: Character) -> Bool { "*?!".contains(character) }

    private func named(_ key: SigningKey, _ why: String) throws(OperatorError) -> OperatorName {
        guard settings.isOperatorSaid else {
            throw .usage(
                "who signs with \(VisibleText(key.path))? \(why): say which name the hosts know it by, "
                    + "with operator in the context, or QTCTL_OPERATOR")
        }
        return settings.operatorName
    }

    private static let unsaid = OperatorError.usage(
        "orders are signed, and no key is named: set signing_key in the context, or QTCTL_SIGNING_KEY; qtctl keys generate "
            + "makes one. Hosts that demand no signature take unsigned orders: say signatures: off in words")

    /// Signs an order. May ask for a passphrase, or for a touch.
    ///
    /// - Throws: ``OperatorError/usage(_:)`` when the key can't be used, or the hosts would not believe it.
    func sign(_ order: Order) async throws(OperatorError) -> SignedOrder {
        guard case .key(let path) = settings.signing else {
            return SignedOrder(order: order, signature: [], words: "signatures: off")
        }
        let signature = try await sign(order.text, with: path)
        if let file = settings.allowedSigners {
            if let why = try await flaw(order.text, signature, of: order.operatorName, file) {
                throw .usage("the hosts would not believe this signature: \(why); see: qtctl keys check")
            }
        }
        return SignedOrder(order: order, signature: signature, words: "signed by \(order.operatorName)")
    }

    /// Signs a text.
    func sign(_ text: [UInt8], with path: String) async throws(OperatorError) -> [UInt8] {
        let answer = try await tool.converse(
            ["-Y", "sign", "-q", "-n", OrderSigner.namespace, "-f", path], input: text)
        guard answer.isGood, !answer.output.isEmpty else {
            throw .usage(
                "ssh-keygen did not sign with \(VisibleText(path)): see above; nothing was submitted; "
                    + "for a public key ssh-agent must have the private one (ssh-add -l)")
        }
        return answer.output
    }

    /// Why a signature does not count by an allowed_signers file; nil when it does.
    func flaw(
        _ text: [UInt8], _ signature: [UInt8], of name: OperatorName, _ file: String
    ) async throws(OperatorError) -> String? {
        let shown = String(decoding: signature, as: UTF8.self)
        let revoked = Self.revokedKeys(beside: file).map { ["-r", $0] } ?? []
        let answer = try await SigningKey.withFile(shown) { (path) throws(OperatorError) in
            try await tool.ask(
                ["-Y", "verify", "-n", OrderSigner.namespace, "-f", file, "-I", name.text, "-s", path] + revoked,
                input: text)
        }
        if answer.isGood { return nil }
        guard answer.said.isEmpty else { return answer.said }
        return "\(file) does not let \(name) sign with this key" + (revoked.isEmpty ? "" : ", or it is revoked")
    }

    /// The file of revoked keys beside an allowed_signers file, as the hosts have it; nil when there is none.
    static func revokedKeys(beside file: String) -> String? {
        let path = file.prefix(upTo: file.lastIndex(of: "/") ?? file.startIndex) + "/revoked_keys"
        return access(String(path), R_OK) == 0 ? String(path) : nil
    }
}
