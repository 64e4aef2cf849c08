import Glibc
import NIOCore
import NIOPosix
import Testing

@testable import HostControl

@Suite struct MetricsProbeTests {
    let probe = MetricsProbe(timeLimit: .seconds(30), bodyLimit: 1000)

    @Test func aWholeAnswerIsReturnedWhateverItsStatus() async throws {
        let ok = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nup 1\n"
        try await withServer(ok) { port, requests in
            let answer = try await probe.get(port: port, path: "/metrics")
            #expect(answer == MetricsAnswer(status: 200, body: Array("up 1\n".utf8)))
            #expect(
                await requests.first { _ in true }?.hasPrefix("GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n")
                    == true)
        }
        let moved = "HTTP/1.1 302 Found\r\nLocation: http://example.org/\r\nContent-Length: 0\r\n\r\n"
        try await withServer(moved) { port, _ in
            let answer = try await probe.get(port: port, path: "/")
            #expect(answer == MetricsAnswer(status: 302, body: []))
        }
        let chunked = "HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        try await withServer(chunked) { port, _ in
            let answer = try await probe.get(port: port, path: "/")
            #expect(answer == MetricsAnswer(status: 500, body: Array("abcde".utf8)))
        }
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nup", "closed before"), ("", "closed before"),
        ("SSH-2.0-OpenSSH\r\n\r\n", "not HTTP"),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + String(repeating: "x", count: 1001),
            "longer than 1000 bytes"
        ),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\nup 1\n", "not HTTP"),
    ])
    func anythingElseIsAnError(answer: String, reason: String) async throws {
        try await withServer(answer) { port, _ in
            let error = await #expect(throws: HostError.self) { try await probe.get(port: port, path: "/m") }
            guard case .noMetrics(let url, let found) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(url == "http://127.0.0.1:\(port)/m")
            #expect(found.contains(reason), "\(found)")
        }
    }

    @Test func silenceEndsAtTheLimit() async throws {
        try await withServer(nil) { port, _ in
            let short = MetricsProbe(timeLimit: .milliseconds(200), bodyLimit: 1000)
            let error = await #expect(throws: HostError.self) { try await short.get(port: port, path: "/") }
            // On a busy machine even connecting may take the whole limit; the reason differs then.
            guard case .noMetrics(let url, _)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(url == "http://127.0.0.1:\(port)/")
        }
    }

    @Test func nobodyListens() async throws {
        // Bound and not listening: nobody else can get the port, and it refuses.
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        try #require(bound)
        let port = UInt16(bigEndian: address.sin_port)
        let error = await #expect(throws: HostError.self) { try await probe.get(port: port, path: "/") }
        #expect(error?.description.contains("refused") == true, "\(String(describing: error))")
    }

    @Test(arguments: ["", "metrics", "/a b", "/\r\nX: y", "/é"])
    func anOddPathIsRefused(path: String) async {
        await #expect(throws: HostError.self) { try await probe.get(port: 1, path: path) }
    }

    @Test func cancellingEndsTheWait() async throws {
        try await withServer(nil) { port, requests in
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    await #expect(throws: HostError.self) { try await probe.get(port: port, path: "/") }
                }
                _ = await requests.first { _ in true }
                group.cancelAll()
            }
        }
    }

    /// A server on a free port that answers each first read with `answer` and closes; nil: it never answers.
    private func withServer(
        _ answer: String?, _ body: (UInt16, AsyncStream<String>) async throws -> Void
    ) async throws {
        let (requests, sink) = AsyncStream<String>.makeStream()
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AnsweringHandler(answer: answer, requests: sink))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(server.localAddress?.port.flatMap { UInt16(exactly: $0) })
        do { try await body(port, requests) } catch {
            try await server.close()
            throw error
        }
        try await server.close()
    }
}

private final class AnsweringHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    let answer: String?
    let requests: AsyncStream<String>.Continuation

    init(answer: String?, requests: AsyncStream<String>.Continuation) {
        self.answer = answer
        self.requests = requests
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        requests.yield(String(buffer: unwrapInboundIn(data)))
        guard let answer else { return }
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer))).whenComplete { _ in
            channel.close(promise: nil)
        }
    }
}
