import Subprocess
package import SystemPackage

/// An authority of a test's own, made by openssl in a folder, and the certificates that it signs. All are two days old at
/// most when they end, so that nothing in the repository grows stale.
package struct Certificates: Sendable {
    /// The folder.
    package let folder: FilePath

    /// A certificate and its key.
    package struct Pair: Sendable {
        /// The file with the certificate, in PEM.
        package let certificate: String
        /// The file with the key, in PEM.
        package let key: String
    }

    /// Makes an authority in a folder.
    ///
    /// - Throws: ``RedisServerError`` when openssl is missing or fails.
    package init(in folder: FilePath) async throws {
        self.folder = folder
        try await openssl(
            ["req", "-x509", "-days", "2", "-subj", "/CN=test authority", "-out", authority]
                + Self.newKey(path("ca.key")))
    }

    /// The authority's certificate, in PEM.
    package var authority: String { path("ca.pem") }

    /// Makes a certificate that this authority has signed.
    ///
    /// - Parameters:
    ///   - name: of the files, and the common name.
    ///   - alternatives: what it is for, such as `DNS:redis.test,IP:127.0.0.1`.
    ///   - days: until it ends; -1 makes one that ended yesterday.
    /// - Returns: the files.
    /// - Throws: ``RedisServerError`` when openssl is missing or fails.
    package func sign(_ name: String, for alternatives: String, days: Int = 2) async throws -> Pair {
        let pair = Pair(certificate: path("\(name).pem"), key: path("\(name).key"))
        let request = path("\(name).csr")
        try await openssl(
            ["req", "-subj", "/CN=\(name)", "-addext", "subjectAltName=\(alternatives)", "-out", request]
                + Self.newKey(pair.key))
        try await openssl([
            "x509", "-req", "-in", request, "-CA", authority, "-CAkey", path("ca.key"), "-copy_extensions", "copy",
            "-days", "\(days)", "-out", pair.certificate,
        ])
        return pair
    }

    private static func newKey(_ path: String) -> [String] {
        ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", path]
    }

    private func path(_ name: String) -> String { folder.appending(name).string }

    private func openssl(_ arguments: [String]) async throws {
        let result = try await Subprocess.run(
            .path("/usr/bin/openssl"), arguments: Arguments(arguments), input: .none, output: .discarded,
            error: .string(limit: 16_384))
        guard result.terminationStatus == .exited(0) else {
            throw RedisServerError("openssl \(arguments.first ?? "") failed: \(result.standardError)")
        }
    }
}
