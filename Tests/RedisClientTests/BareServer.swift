import Foundation
import Glibc
import RedisClient
import TestSupport

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
        let connection = try await connection()
        defer {
            // Ends the connection even where a child process, started just now, holds a copy of it.
            shutdown(connection, CInt(SHUT_RDWR))
            close(connection)
        }
        // Closing with unread bytes would reset the connection, and the words might be lost.
        var heard = [UInt8](repeating: 0, count: 4096)
        try await ready(connection, POLLIN, "the first words")
        _ = recv(connection, &heard, heard.count, CInt(MSG_DONTWAIT))
        let bytes = Array(words.utf8)
        guard write(connection, bytes, bytes.count) == bytes.count else {
            throw BareServerError(step: "write", code: errno)
        }
    }

    /// Takes one connection, says each of the words after having heard something, and then waits for the other side to hang
    /// up.
    ///
    /// - Returns: what was heard.
    @discardableResult func converse(_ words: String...) async throws -> [UInt8] {
        try await converse(bytes: words.map { Array($0.utf8) })
    }

    /// As ``converse(_:)``, in any bytes.
    @discardableResult func converse(bytes words: [[UInt8]]) async throws -> [UInt8] {
        let connection = try await connection()
        defer { close(connection) }
        var heard: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        for bytes in words {
            try await ready(connection, POLLIN, "words")
            let count = recv(connection, &chunk, chunk.count, CInt(MSG_DONTWAIT))
            heard += chunk[..<max(count, 0)]
            var sent = 0
            while sent < bytes.count {
                try await ready(connection, POLLOUT, "room for words")
                let count = send(
                    connection, Array(bytes[sent...]), bytes.count - sent, CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL))
                // The other side may hang up in the middle: that ends what is to be said.
                if count < 0, errno != EAGAIN { break }
                sent += max(count, 0)
            }
        }
        while true {
            try await ready(connection, POLLIN, "the other side hangs up")
            let count = recv(connection, &chunk, chunk.count, CInt(MSG_DONTWAIT))
            heard += chunk[..<max(count, 0)]
            if count == 0 || (count < 0 && errno != EAGAIN) { return heard }
        }
    }

    private func connection() async throws -> CInt {
        try await ready(listener, POLLIN, "a connection")
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { throw BareServerError(step: "accept", code: errno) }
        return connection
    }

    /// Waits until a socket can be read or written, or its other side is gone; two minutes at most.
    ///
    /// In a thread of its own: a test that waits must take no time from those that work, above all from the client that it waits
    /// for.
    private func ready(_ socket: CInt, _ events: CInt, _ what: String) async throws {
        let count = await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var waits = pollfd(fd: socket, events: Int16(events), revents: 0)
                continuation.resume(returning: poll(&waits, 1, 120_000))
            }
        }
        guard count > 0 else { throw NeverHappened(what: what) }
    }
}

struct BareServerError: Error {
    let step: String
    let code: CInt
}
