/// What a `tls` block says: files in PEM, which somebody else reads and judges.
///
///     tls:
///       ca_file: /etc/qtagent/redis-ca.pem
///       certificate_file: /etc/qtagent/redis.pem     with key_file, where the server asks for it
///       key_file: /etc/qtagent/redis-key.pem
///       server_name: redis.internal                  where the certificate has another name than the address
package struct TLSSettings: Sendable, Equatable {
    /// The file with the certificates of the authorities that are trusted.
    package let authorities: PlacedText
    /// The file with our certificate.
    package let certificate: PlacedText?
    /// The file with its private key.
    package let key: PlacedText?
    /// The name that the server's certificate must have.
    package let serverName: PlacedText?

    /// Settings from their parts; see the properties.
    package init(authorities: PlacedText, certificate: PlacedText?, key: PlacedText?, serverName: PlacedText?) {
        self.authorities = authorities
        self.certificate = certificate
        self.key = key
        self.serverName = serverName
    }

    /// Reads a block.
    ///
    /// - Parameter value: the block, or the word `off`.
    /// - Returns: nil for `off`.
    /// - Throws: ``SettingsError`` with file and line; paths must be absolute, and certificate and key go together.
    package static func read(_ value: SettingsValue) throws(SettingsError) -> TLSSettings? {
        if let word = try? value.text() {
            guard word == "off" else { throw value.error("a block with ca_file, or off, is expected here") }
            return nil
        }
        let members = try value.members(["ca_file", "certificate_file", "key_file", "server_name"])
        func file(_ name: String) throws(SettingsError) -> PlacedText? {
            guard let path = try members[name]?.placed() else { return nil }
            guard path.text.hasPrefix("/") else { throw path.error("an absolute path is expected here") }
            return path
        }
        guard let authorities = try file("ca_file") else {
            throw value.error("ca_file: is missing; without it any server could pose as this one")
        }
        let settings = TLSSettings(
            authorities: authorities, certificate: try file("certificate_file"), key: try file("key_file"),
            serverName: try members["server_name"]?.placed())
        guard (settings.certificate == nil) == (settings.key == nil) else {
            throw value.error("certificate_file and key_file go together")
        }
        return settings
    }

    /// An error about one of the files or the name, with the place where it was said; about an unknown one, with that of
    /// `ca_file`.
    ///
    /// - Parameters:
    ///   - text: the path or the name.
    ///   - problem: what is wrong with it, and what to do.
    /// - Returns: the error.
    package func error(about text: String, _ problem: String) -> SettingsError {
        let said = [serverName, key, certificate].compactMap(\.self).first { $0.text == text }
        return (said ?? authorities).error(problem)
    }
}
