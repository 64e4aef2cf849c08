import DeployModel
package import HostControl
package import SettingsFile

/// `signatures`: whether an order must be signed, and where it stands who may.
package enum SignatureSettings: Sendable, Equatable {
    /// Whoever may write to Redis may deploy. Only when said in words.
    case off
    /// Every order must be signed by a key of these files.
    case required(allowedSigners: String, revokedKeys: String)

    /// Where the two files stand when nothing else is said.
    package static let usual = SignatureSettings.required(
        allowedSigners: "/etc/qtagent/allowed_signers", revokedKeys: "/etc/qtagent/revoked_keys")

    /// `off`, `required`, or a mapping of the files' paths.
    static func read(_ value: SettingsValue) throws(SettingsError) -> SignatureSettings {
        if let word = try? value.text() {
            switch word {
            case "off": return .off
            case "required": return usual
            default:
                throw value.error("required or off is expected here, or a block with allowed_signers and revoked_keys")
            }
        }
        let members = try value.members(["allowed_signers", "revoked_keys"])
        guard case .required(var signers, var revoked) = usual else { return .off }
        if let value = members["allowed_signers"] { signers = try path(value) }
        if let value = members["revoked_keys"] { revoked = try path(value) }
        return .required(allowedSigners: signers, revokedKeys: revoked)
    }

    private static func path(_ value: SettingsValue) throws(SettingsError) -> String {
        let path: CanonicalPath = try value.name()
        return path.text
    }

    /// The word for people and streams: `required` or `off`.
    package var word: String {
        switch self {
        case .off: "off"
        case .required: "required"
        }
    }

    /// The files as ssh-keygen takes them, once they can be believed; nil where no signature is required.
    ///
    /// - Throws: ``SettingsError`` when one is missing, could have been written by others, or has a line that ssh-keygen would
    ///   pass over.
    package func trustedFiles() throws(SettingsError) -> SignatureVerifier.Files? {
        guard case .required(let signers, let revoked) = self else { return nil }
        _ = try AllowedSigner.parse(try TrustedFile.text(of: signers), file: signers)
        // A KRL is no text: what it holds ssh-keygen judges, and refuses everything when it can't.
        try TrustedFile.require(revoked)
        return SignatureVerifier.Files(allowedSigners: signers, revokedKeys: revoked)
    }
}
