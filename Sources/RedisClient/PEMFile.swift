private import Glibc
internal import NIOSSL

/// A file of TLS settings, read whole.
struct PEMFile {
    /// A system's bundle of authorities has a quarter of it.
    private static let byteLimit = 1 << 20

    private let path: String
    private let bytes: [UInt8]

    /// Reads the file. A secret one must be closed to others: whoever reads a key can pose as this client.
    init(_ path: String, isSecret: Bool = false) throws(RedisError) {
        self.path = path
        // Not blocking: of a pipe nobody writes to, opening would never end.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else {
            throw .unusableFile(path, problem: errno == ENOENT ? "does not exist" : "can't be read: \(Self.lastError)")
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .unusableFile(path, problem: "is no regular file")
        }
        if isSecret,
            let problem = Self.problem(ofKey: path, mode: status.st_mode, owner: status.st_uid, user: geteuid())
        {
            throw .unusableFile(path, problem: problem)
        }
        guard status.st_size <= Self.byteLimit else {
            throw .unusableFile(path, problem: "has more than \(Self.byteLimit) bytes, which no certificate needs")
        }
        var bytes = [UInt8](repeating: 0, count: Self.byteLimit)
        var count = 0
        while count < bytes.count {
            let more = bytes.withUnsafeMutableBytes {
                read(file, $0.baseAddress?.advanced(by: count), $0.count - count)
            }
            guard more >= 0 else { throw .unusableFile(path, problem: "can't be read: \(Self.lastError)") }
            guard more > 0 else { break }
            count += more
        }
        self.bytes = Array(bytes[..<count])
    }

    /// libpq's rule (PostgreSQL's manual, "Client Certificates"): ours and nobody else's, or root's and at most readable by
    /// its group, as keys below /etc/ssl/private are.
    static func problem(ofKey path: String, mode: UInt32, owner: UInt32, user: UInt32) -> String? {
        guard owner == user || owner == 0 else {
            return "belongs to another user, who can read the key; run: chown root \(path)"
        }
        guard mode & (owner == 0 ? 0o037 : 0o077) == 0 else {
            return "can be read or changed by others; run: chmod \(owner == 0 ? "640" : "600") \(path)"
        }
        return nil
    }

    /// The certificates, at least one.
    func certificates() throws(RedisError) -> [NIOSSLCertificate] {
        let all = try? NIOSSLCertificate.fromPEMBytes(bytes)
        guard let all, !all.isEmpty else {
            throw .unusableFile(
                path, problem: "holds no certificate in PEM (-----BEGIN CERTIFICATE-----), or a broken one")
        }
        return all
    }

    /// The one private key.
    func privateKey() throws(RedisError) -> NIOSSLPrivateKey {
        do { return try NIOSSLPrivateKey(bytes: bytes, format: .pem) } catch {
            throw .unusableFile(
                path, problem: "holds no private key in PEM (-----BEGIN PRIVATE KEY-----), a broken or an encrypted one"
            )
        }
    }

    private static var lastError: String { String(cString: strerror(errno)) }
}
