internal import NIOCore
internal import NIOSSL

/// TLS to one server: whom to trust, who we are, and the name that the server must prove.
///
/// Its files are read once, when it is made; a file that was renewed since is seen by the next start.
package struct RedisTLS: Sendable {
    /// The settings: paths of PEM files, and a name.
    package struct Files: Sendable, Equatable {
        /// The certificates of the authorities that are trusted, and no others: those of the system are not.
        package var authorities: String
        /// Our certificate, and behind it those between it and the authority; nil for none.
        package var certificate: String?
        /// Our private key, not encrypted; nil for none.
        package var key: String?
        /// The name that the server's certificate must have; nil for the host or the IP address of the server's address.
        package var serverName: String?

        /// See the properties for the meaning of each argument.
        package init(
            authorities: String, certificate: String? = nil, key: String? = nil, serverName: String? = nil
        ) {
            self.authorities = authorities
            self.certificate = certificate
            self.key = key
            self.serverName = serverName
        }
    }

    let context: NIOSSLContext
    let files: Files
    /// The name that is asked for and must be proved; nil where the IP address itself must be.
    let name: String?

    /// Reads and judges the files.
    ///
    /// - Parameters:
    ///   - files: the settings.
    ///   - address: of the server.
    /// - Throws: `RedisError.unusableFile` for a file that is missing, unreadable, malformed or open to others, and
    ///   `invalidAddress` where TLS can't be spoken.
    package init(_ files: Files, to address: RedisAddress) throws(RedisError) {
        self.files = files
        name = try Self.name(files.serverName, address)
        var configuration = TLSConfiguration.makeClientConfiguration()
        // Redis' own lowest since 6.0 (tls-protocols in redis.conf).
        configuration.minimumTLSVersion = .tlsv12
        configuration.certificateVerification = .fullVerification
        // A peer that does not answer the goodbye is not waited for any longer.
        configuration.shutdownTimeout = .seconds(1)
        configuration.trustRoots = .certificates(try PEMFile(files.authorities).certificates())
        switch (files.certificate, files.key) {
        case (nil, nil): break
        case (let certificate?, let key?):
            configuration.certificateChain = try PEMFile(certificate).certificates().map { .certificate($0) }
            configuration.privateKey = .privateKey(try PEMFile(key, isSecret: true).privateKey())
        case (let alone?, nil), (nil, let alone?):
            throw .unusableFile(alone, problem: "stands alone: certificate and key go together")
        }
        do { context = try NIOSSLContext(configuration: configuration) } catch {
            throw .unusableFile(
                files.key ?? files.authorities,
                problem: "does not fit the certificate in \(files.certificate ?? "-"): give the key it was made for")
        }
    }

    private static func name(_ said: String?, _ address: RedisAddress) throws(RedisError) -> String? {
        guard case .tcp(let host, _) = address else {
            throw .invalidAddress("\(address)", reason: "TLS is for host:port; a unix socket goes without")
        }
        guard let said else { return isLiteral(host) ? nil : host }
        guard (1...255).contains(said.utf8.count), said.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            !isLiteral(said)
        else {
            throw .invalidAddress(
                said, reason: "the server's name in its certificate is a host name, not an IP address")
        }
        return said
    }

    private static func isLiteral(_ host: String) -> Bool {
        let withoutZone = String(host.prefix { $0 != "%" })
        return (try? SocketAddress(ipAddress: withoutZone, port: 0)) != nil
    }

    /// What to look at when the server hangs up without a word.
    var doubt: String {
        guard let certificate = files.certificate else {
            return "the port may not speak TLS, or ask for a client certificate (certificate_file and key_file)"
        }
        return "the port may not speak TLS, or the server refuse the certificate in \(certificate)"
    }
}
