import Glibc
import RedisClient

/// A listening port of 127.0.0.1 that is no Redis.
final class BareServer: Sendable {
    let address: RedisAddress
    private let listener: CInt

    init() throws {
        listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &name) { [listener] pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { general in
                bind(listener, general, size) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, general, &size) == 0
            }
        }
        address = .tcp(host: "127.0.0.1", port: Int(UInt16(bigEndian: name.sin_port)))
        guard isListening else { throw BareServerError(step: "listen", code: errno) }
    }

    deinit {
        close(listener)
    }

    /// Takes one connection, says the words, and closes it once the other side has spoken.
    func answerOnce(_ words: String) async throws {
        var connection: CInt = -1
        try await until("a connection") {
            connection = accept(listener, nil, nil)
            return connection >= 0
        }
        defer {
            // Ends the connection even where a child process, started just now, holds a copy of it.
            shutdown(connection, CInt(SHUT_RDWR))
            close(connection)
        }
        // Closing with unread bytes would reset the connection, and the words might be lost.
        var heard = [UInt8](repeating: 0, count: 4096)
        try await until("the first words") { recv(connection, &heard, heard.count, CInt(MSG_DONTWAIT)) > 0 }
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
