import Glibc
import RedisClient

/// A listening unix socket that is no Redis. Its calls block the test's thread for an instant, five seconds at most.
final class BareServer: Sendable {
    let address: RedisAddress
    private let path: String
    private let listener: CInt

    init() throws {
        path = "/tmp/qt-bare-\(UInt64.random(in: .min ... .max))"
        address = .unix(path: path)
        listener = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8) }
        let isListening = withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { general in
                bind(listener, general, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0 && listen(listener, 16) == 0
            }
        }
        var patience = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        guard isListening else { throw BareServerError(step: "listen", code: errno) }
    }

    deinit {
        close(listener)
        unlink(path)
    }

    /// Takes one connection, says the words, and closes it once the other side has spoken.
    func answerOnce(_ words: String) throws {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { throw BareServerError(step: "accept", code: errno) }
        defer { close(connection) }
        var heard = [UInt8](repeating: 0, count: 4096)
        // Closing with unread bytes would reset the connection, and the words might be lost.
        guard read(connection, &heard, heard.count) > 0 else { throw BareServerError(step: "read", code: errno) }
        let bytes = Array(words.utf8)
        guard write(connection, bytes, bytes.count) == bytes.count else {
            throw BareServerError(step: "write", code: errno)
        }
    }
}

struct BareServerError: Error {
    let step: String
    let code: CInt
}
