import Synchronization
import TestSupport
import Testing

@testable import RedisClient

/// Connections over TLS to a real server, and all that must not become one.
@Suite struct TLSTests {
    private let patience = Duration.seconds(10)
    private let ping = RedisCommand("PING")

    private func client(
        _ address: RedisAddress, _ files: RedisTLS.Files?, limit: Duration = .seconds(10)
    ) throws(RedisError) -> RedisClient {
        var tls: RedisTLS?
        if let files { tls = try RedisTLS(files, to: address) }
        return RedisClient(
            RedisConfiguration(
                address: address, tls: tls, clientName: "tls", connectLimit: limit,
                backoff: Backoff(base: .milliseconds(2), longest: .milliseconds(20)), failFast: true))
    }

    /// A server with a certificate for these names, and its authority.
    private func serve(
        for names: String = "DNS:redis.test,IP:127.0.0.1", days: Int = 2, asksForCertificate: Bool = false,
        _ body: (RedisServer, RedisAddress, Certificates) async throws -> Void
    ) async throws {
        try await TemporaryFolder.with { folder in
            let certificates = try await Certificates(in: folder)
            let pair = try await certificates.sign("redis", for: names, days: days)
            let tls = RedisServer.TLS(
                pair: pair, authority: certificates.authority, asksForCertificate: asksForCertificate)
            try await RedisServer.with(tls: tls) { server in
                try await body(server, try #require(server.tcpAddress), certificates)
            }
        }
    }

    /// The error of a first call.
    private func refusal(
        _ address: RedisAddress, _ files: RedisTLS.Files?, limit: Duration = .seconds(10)
    ) async throws -> RedisError? {
        try await client(address, files, limit: limit).outcome("PING").error
    }

    @Test func callsGoThroughTLS() async throws {
        try await serve { _, address, certificates async throws in
            let client = try client(address, .init(authorities: certificates.authority))
            let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let set = RedisCommand(arguments: [Array("SET".utf8), Array("k".utf8), bytes])
            _ = try await client.call(set, within: patience)
            #expect(try await client.call(RedisCommand("GET", "k"), within: patience) == .bulk(bytes))
            let many = try await client.pipeline((0..<2000).map { _ in RedisCommand("INCR", "n") }, within: patience)
            #expect(many == (1...2000).map { .integer($0) })
            let script = RedisScript(name: "one", source: Array("return 1".utf8))
            let reply = try await client.evaluate(script, keys: [], arguments: [], within: patience)
            #expect(reply == .integer(1))
            #expect(try await client.facts(within: patience).generation == 1)
            await client.close()
        }
    }

    @Test func theNameMayBeSaid() async throws {
        try await serve(for: "DNS:redis.test") { _, address, certificates async throws in
            let right = RedisTLS.Files(authorities: certificates.authority, serverName: "redis.test")
            #expect(try await client(address, right).call(ping, within: patience) == .status("PONG"))
            let wrong = RedisTLS.Files(authorities: certificates.authority, serverName: "other.test")
            #expect(try await refusal(address, wrong) == .insecure(address, .wrongName(expected: "other.test")))
            let none = RedisTLS.Files(authorities: certificates.authority)
            #expect(try await refusal(address, none) == .insecure(address, .wrongName(expected: "127.0.0.1")))
        }
    }

    /// Nor is a word said to who has one: neither the password nor HELLO.
    @Test func aCertificateForTheAddressProvesNoName() async throws {
        try await serve(for: "IP:127.0.0.1") { server, address, certificates async throws in
            let watcher = server.client("watcher")
            func greetings() async throws -> Substring? {
                let info = try await watcher.call(RedisCommand("INFO", "commandstats"), within: patience).text ?? ""
                return info.split(separator: "\r\n").first { $0.hasPrefix("cmdstat_hello") }?.prefix { $0 != "," }
            }
            let before = try await greetings()
            let files = RedisTLS.Files(authorities: certificates.authority, serverName: "redis.test")
            #expect(try await refusal(address, files) == .insecure(address, .wrongName(expected: "redis.test")))
            #expect(before != nil)
            #expect(try await greetings() == before)
        }
    }

    @Test func anotherAuthorityIsNotTrusted() async throws {
        try await TemporaryFolder.with { folder in
            let other = try await Certificates(in: folder)
            try await serve { _, address, _ async throws in
                let error = try await refusal(address, .init(authorities: other.authority))
                #expect(error == .insecure(address, .untrusted(authorities: other.authority)))
                #expect(error?.mayPass == false)
                #expect(error?.description.contains("set ca_file to the authority") == true)
            }
        }
    }

    @Test func anExpiredCertificateIsRefused() async throws {
        try await serve(days: -1) { _, address, certificates async throws in
            let error = try await refusal(address, .init(authorities: certificates.authority))
            guard case .insecure(address, .expired)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(error?.description.contains("renew it on the server") == true)
        }
    }

    @Test func aServerMayAskForACertificate() async throws {
        try await serve(asksForCertificate: true) { _, address, certificates async throws in
            let own = try await certificates.sign("agent", for: "DNS:agent")
            let files = RedisTLS.Files(
                authorities: certificates.authority, certificate: own.certificate, key: own.key)
            #expect(try await client(address, files).call(ping, within: patience) == .status("PONG"))
            let none = try await refusal(address, .init(authorities: certificates.authority))
            #expect(none?.description.contains("certificate_file") == true, "\(String(describing: none))")
        }
    }

    @Test func aServerMayRefuseOurCertificate() async throws {
        try await serve(asksForCertificate: true) { _, address, certificates async throws in
            try await TemporaryFolder.with { folder in
                let foreign = try await Certificates(in: folder).sign("agent", for: "DNS:agent")
                let files = RedisTLS.Files(
                    authorities: certificates.authority, certificate: foreign.certificate, key: foreign.key)
                let error = try await refusal(address, files)
                let text = error?.description ?? "no error"
                #expect(
                    text.contains("refuses our client certificate") || text.contains(foreign.certificate), "\(text)")
            }
        }
    }

    @Test func theConnectionComesBack() async throws {
        try await serve { server, address, certificates async throws in
            let tls = try RedisTLS(.init(authorities: certificates.authority), to: address)
            let client = RedisClient(
                RedisConfiguration(
                    address: address, tls: tls, clientName: "survivor",
                    backoff: Backoff(base: .milliseconds(2), longest: .milliseconds(20))))
            let before = try await client.facts(within: patience)
            async let read = client.outcome("BLPOP", "queue", "0")
            let watcher = server.client("watcher")
            try await until("the reader is blocked") {
                let info = try await watcher.call(RedisCommand("INFO", "clients"), within: patience).text
                return info?.contains("blocked_clients:1\r\n") == true
            }
            try await server.kill()
            guard case .connectionLost(address, _)? = await read.error else {
                Issue.record("the lost call ended otherwise")
                return
            }
            async let patient = client.call(RedisCommand("ECHO", "back"), within: patience)
            try await server.start()
            #expect(try await patient.text == "back")
            let after = try await client.facts(within: patience)
            #expect(after.generation == 2 && after.runID != before.runID)
        }
    }

    @Test func aRefusalIsPacedAsAnyFailure() async throws {
        try await serve(for: "DNS:other") { _, address, certificates async throws in
            let attempts = Mutex(0)
            let tls = try RedisTLS(.init(authorities: certificates.authority), to: address)
            let client = RedisClient(
                RedisConfiguration(address: address, tls: tls, clientName: "c", failFast: true),
                dialer: RedisDialer { attempt in
                    attempts.withLock { $0 += 1 }
                    return RedisDialer.sockets.dial(attempt)
                }, jitter: { _ in .seconds(3600) }, announce: { _ in })
            let fault = RedisError.insecure(address, .wrongName(expected: "127.0.0.1"))
            for _ in 0..<200 { #expect(await client.outcome("PING") == .failure(fault)) }
            #expect(attempts.withLock(\.self) == 1)
        }
    }

    @Test func aServerWithoutTLSGetsNoPlainWords() async throws {
        try await TemporaryFolder.with { folder in
            let files = RedisTLS.Files(authorities: try await Certificates(in: folder).authority)
            let bare = try BareServer()
            let client = try client(bare.address, files)
            async let error = client.outcome("PING").error
            // What Redis says to the first words of TLS when they happen to hold a line break.
            let heard = try await bare.converse("-ERR unknown command\r\n")
            #expect(await error == .insecure(bare.address, .notTLS))
            #expect(heard.first == 22, "a handshake record of TLS, nothing else")
        }
    }

    @Test func aSilentServerIsGivenUpAndItsSocketClosed() async throws {
        try await TemporaryFolder.with { folder in
            let files = RedisTLS.Files(authorities: try await Certificates(in: folder).authority)
            let bare = try BareServer()
            let client = try client(bare.address, files, limit: .milliseconds(100))
            async let error = client.outcome("PING").error
            _ = try await bare.converse()
            let text = await error?.description ?? "no error"
            #expect(text.contains("no answer within") && text.contains("may not speak TLS"), "\(text)")
        }
    }

    @Test func plainWordsToATLSPortAreExplained() async throws {
        try await serve { _, address, _ async throws in
            let error = try await refusal(address, nil)
            let text = error?.description ?? "no error"
            #expect(
                text.contains("a port that speaks TLS does this") || text.contains("set tls with ca_file"), "\(text)")
        }
        let bare = try BareServer()
        let client = try client(bare.address, nil)
        async let error = client.outcome("PING").error
        _ = try await bare.converse("\u{15}\u{3}\u{1}\u{0}\u{2}\u{2}\u{46}")
        #expect(await error == .insecure(bare.address, .notPlain))
    }
}
