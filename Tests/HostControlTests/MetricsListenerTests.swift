import DeployModel
import Glibc
import NIOCore
import NIOPosix
import SystemPackage
import TestSupport
import Testing

@testable import HostControl

/// Real sockets, and peers of every kind.
@Suite(.timeLimit(.minutes(5))) struct MetricsListenerTests {
    private static let free = MetricsAddress.loopback(host: "127.0.0.1", port: 0)
    private static let page = "qt_up 1\n"
    /// A busy machine may keep a test waiting for longer than a peer is waited for.
    private static let patient = {
        var limits = MetricsListener.Limits()
        limits.time = .seconds(120)
        return limits
    }()

    @Test(arguments: ["127.0.0.1", "::1"]) func aPageIsGivenOnALoopbackPort(host: String) async throws {
        try await Self.listening(at: .loopback(host: host, port: 0)) { _, peer async throws in
            let answer = try await peer("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(answer.contains("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"))
            #expect(answer.hasSuffix("\r\n\r\n" + Self.page))
        }
    }

    @Test func aPageIsGivenOnASocketThatItsGroupMayOpen() async throws {
        try await TestSupport.TemporaryFolder.with { folder async throws in
            let path = folder.appending("m.sock").string
            try await Self.listening(at: .unix(path: CanonicalPath(accepted: path))) { _, peer async throws in
                #expect(try await peer("GET /metrics?format=any HTTP/1.0\r\n\r\n").hasSuffix("\r\n\r\n" + Self.page))
                var status = stat()
                #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o660)
            }
        }
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "404 Not Found"), ("GET /metricsx HTTP/1.1\r\n\r\n", "404 Not Found"),
        ("GET http://x/metrics HTTP/1.1\r\n\r\n", "404 Not Found"),
        ("POST /metrics HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi", "405 Method Not Allowed"),
        ("HEAD /metrics HTTP/1.1\r\n\r\n", "405 Method Not Allowed"),
        ("DELETE /metrics HTTP/1.1\r\n\r\n", "405 Method Not Allowed"),
        ("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\r\n\r\n", "400 Bad Request"), ("hello\r\n\r\n", "400 Bad Request"),
        ("GET /metrics HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "400 Bad Request"),
        ("GET /metrics HTTP/1.1\r\nA: " + String(repeating: "a", count: 9000), "431 Request Header Fields Too Large"),
        ("GET /" + String(repeating: "a", count: 100_000), "431 Request Header Fields Too Large"),
    ])
    func anythingElseIsTurnedAway(request: String, status: String) async throws {
        try await Self.listening { _, peer async throws in
            let answer = try await peer(request)
            #expect(answer.hasPrefix("HTTP/1.1 \(status)\r\n"), "\(answer)")
            #expect(!answer.contains(Self.page))
            // It goes on for others.
            #expect(try await peer("GET /metrics HTTP/1.1\r\n\r\n").hasSuffix(Self.page))
        }
    }

    @Test func oneRequestAConnection() async throws {
        let twice = String(repeating: "GET /metrics HTTP/1.1\r\n\r\n", count: 2)
        try await Self.listening { _, peer async throws in
            #expect(try await peer(twice).ranges(of: Self.page).count == 1)
        }
    }

    /// One that says nothing, one that never ends, and one that asks and does not read. The only place is theirs until their
    /// time is over.
    @Test(arguments: ["", "GET /metrics HTTP/1.1\r\nA: b\r\n", "GET /metrics HTTP/1.1\r\n\r\n"])
    func aSlowPeerIsClosed(request: String) async throws {
        var limits = Self.patient
        limits.connections = 1
        limits.time = .milliseconds(200)
        let long = String(repeating: "x", count: 32 << 20)
        try await Self.listening(limits: limits, page: long) { listener, peer async throws in
            let slow = try await Peer.connect(to: listener.address, isReading: false)
            try await slow.send(request)
            try await until("somebody else is answered") {
                try await peer("GET / HTTP/1.1\r\n\r\n").hasPrefix("HTTP/1.1 404")
            }
            #expect(try await slow.answer().utf8.count < long.utf8.count)
        }
    }

    @Test func thereAreFewConnectionsAtATime() async throws {
        var limits = Self.patient
        limits.connections = 2
        try await Self.listening(limits: limits) { listener, peer async throws in
            // They are taken in the order in which they connect.
            let first = try await Peer.connect(to: listener.address)
            let second = try await Peer.connect(to: listener.address)
            #expect(try await peer("GET /metrics HTTP/1.1\r\n\r\n") == "")
            try await first.send("GET /metrics HTTP/1.1\r\n\r\n")
            #expect(try await first.answer().hasSuffix(Self.page))
            try await until("the free place is taken") {
                try await peer("GET /metrics HTTP/1.1\r\n\r\n").hasSuffix(Self.page)
            }
            try await second.send("GET /metrics HTTP/1.1\r\n\r\n")
            #expect(try await second.answer().hasSuffix(Self.page))
        }
    }

    @Test func aSocketThatWasLeftIsReplacedAndNothingElse() async throws {
        try await TestSupport.TemporaryFolder.with { folder async throws in
            let path = CanonicalPath(accepted: folder.appending("m.sock").string)
            let left = CanonicalPath(accepted: folder.appending("left.sock").string)
            let address = MetricsAddress.unix(path: path)
            try await Self.listening(at: address) { _, _ async throws in
                let error = await #expect(throws: HostError.self) {
                    _ = try await MetricsListener.listen(at: address) { "" }
                }
                #expect(error?.description.contains("another process listens there") == true)
            }
            #expect(access(path.text, F_OK) != 0, "a listener that ends removes its socket")
            try #require(Self.leaveSocket(at: left.text))
            try await Self.listening(at: .unix(path: left)) { _, peer async throws in
                #expect(try await peer("GET /metrics HTTP/1.1\r\n\r\n").hasSuffix(Self.page))
            }
            let file = folder.appending("file")
            try FileDescriptor.open(file, .writeOnly, options: .create, permissions: .ownerReadWrite).close()
            let error = await #expect(throws: HostError.self) {
                _ = try await MetricsListener.listen(at: .unix(path: CanonicalPath(accepted: file.string))) { "" }
            }
            #expect(error?.description.contains("no socket") == true && access(file.string, F_OK) == 0)
        }
    }

    @Test func whatCanNotBeHadIsNamed() async throws {
        try await Self.listening { listener, _ async throws in
            let error = await #expect(throws: HostError.self) {
                _ = try await MetricsListener.listen(at: listener.address) { "" }
            }
            #expect(error?.description.contains("Address already in use") == true, "\(String(describing: error))")
        }
        let missing = MetricsAddress.unix(path: CanonicalPath(accepted: "/nowhere/m.sock"))
        let error = await #expect(throws: HostError.self) { _ = try await MetricsListener.listen(at: missing) { "" } }
        #expect(error?.description.contains("No such file or directory") == true, "\(String(describing: error))")
    }

    /// Leaves a socket on which nobody listens, as a killed process does.
    private static func leaveSocket(at path: String) -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }

    /// Listens for the time of the body, which also gets a way to send a request and read its answer to the end.
    private static func listening(
        at address: MetricsAddress = free, limits: MetricsListener.Limits = patient, page: String = page,
        _ body: (MetricsListener, (String) async throws -> String) async throws -> Void
    ) async throws {
        let listener = try await MetricsListener.listen(at: address, limits: limits) { page }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await listener.run() }
            try await body(listener) { request in
                let peer = try await Peer.connect(to: listener.address)
                try await peer.send(request)
                return try await peer.answer()
            }
            group.cancelAll()
        }
    }
}
