import Glibc
import TestSupport
import Testing

@testable import RedisClient

/// What a peer that is broken, or means harm, can't do: crash us, fill our memory, or have its words taken for replies.
@Suite struct HostileReplyTests {
    private static let limit = 1 << 20

    /// Feeds pieces until the decoder refuses.
    private func refusal(_ pieces: some Sequence<[UInt8]>, limit: Int = limit) -> (error: RedisError?, held: Int) {
        var held = 0
        do throws(RedisError) {
            var decoder = try RedisReplyDecoder(limit: limit)
            for piece in pieces {
                try decoder.feed(piece.span.bytes)
                held = max(held, decoder.heldBytes)
                while try decoder.next() != nil {}
            }
            return (nil, held)
        } catch {
            return (error, held)
        }
    }

    private func refusal(_ text: String) -> RedisError? { refusal([Array(text.utf8)]).error }

    @Test(arguments: [
        ("*1048577\r\n", "more than 1048576 elements"),
        ("*600000\r\n*600000\r\n", "more than 1048576 elements"),
        ("*2147483647\r\n", "more than 1048576 elements"),
        (String(repeating: "*1\r\n", count: 9), "nested"),
        (String(repeating: "*1\r\n", count: 100_000), "nested"),
        ("$1048577\r\n", "more than 1048576 bytes"), ("*1\r\n$1048577\r\n", "more than 1048576 bytes"),
        ("$9223372036854775807\r\n", "more than 1048576 bytes"),
        ("$9223372036854775806\r\n", "more than 1048576 bytes"),
    ])
    func whatIsAnnouncedIsJudgedBeforeItComes(text: String, words: String) {
        let error = refusal(text)
        guard case .protocolViolation(let what)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(what.contains(words), "\(what)")
    }

    @Test(arguments: [
        "*-2\r\n", "*-9223372036854775808\r\n", "*9223372036854775808\r\n", "*18446744073709551615\r\n", "*x\r\n",
        "*\r\n",
        "$-2\r\n", "$-9223372036854775808\r\n", "$9223372036854775808\r\n", "$18446744073709551616\r\n", "$x\r\n",
        "$\r\n",
        ":9223372036854775808\r\n", ":-9223372036854775809\r\n", ":1x\r\n", ":\r\n", ":+\r\n",
        "\u{0}", "\u{15}\u{3}\u{1}", "HTTP/1.1 200 OK\r\n", "OK\r\n", "\r\n", " +OK\r\n", "PONG",
        "_\r\n", "*1\r\n_\r\n", "#t\r\n", ",3.14\r\n", ",inf\r\n", "(3492890328409238509324850943850943825024385\r\n",
        "!5\r\nERR x\r\n", "=8\r\ntxt:abcd\r\n", "%1\r\n+a\r\n+b\r\n", "~1\r\n+a\r\n", ">1\r\n+a\r\n",
        "|1\r\n+a\r\n+b\r\n+c\r\n",
        "*1\r\n%0\r\n", "*1\r\n>0\r\n", "*?\r\n", "$?\r\n;0\r\n",
    ])
    func whatIsNoReplyOfRESP2IsAViolation(text: String) {
        let error = refusal(text)
        guard case .protocolViolation? = error else {
            Issue.record("\(String(reflecting: text)) gave \(String(describing: error))")
            return
        }
    }

    @Test(arguments: ["+", "-", ":", "$", "*", "*1\r\n$"])
    func anEndlessLineEnds(start: String) {
        let pieces = [Array(start.utf8)] + Array(repeating: [UInt8](repeating: 0x31, count: 4096), count: 4096)
        let (error, held) = refusal(pieces)
        guard case .protocolViolation? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(held <= RedisReplyDecoder.lineLimit + 2 * 4096, "of 16 MiB that were sent")
    }

    @Test func aLineMayBeAsLongAsTheLimit() {
        let line = Array("+".utf8) + [UInt8](repeating: 0x78, count: RedisReplyDecoder.lineLimit - 1)
        #expect(refusal([line, Array("\r".utf8), Array("\n".utf8)]).error == nil)
        let returns = Array("+".utf8) + [UInt8](repeating: 0x0D, count: RedisReplyDecoder.lineLimit + 2)
        guard case .protocolViolation? = refusal([returns]).error else {
            Issue.record("carriage returns without end were taken")
            return
        }
    }

    @Test func elementsAreCountedPerReply() {
        let reply = Array("*3\r\n:1\r\n:2\r\n:3\r\n".utf8)
        let many = (0..<10).map { _ in Array(repeating: reply, count: 40_000).flatMap(\.self) }
        #expect(refusal(many).error == nil, "1.2 million elements, three in each reply")
    }

    /// 100,000 replies with a few bytes changed, taken out, put in or doubled.
    @Test func mutatedRepliesNeverCrash() async {
        let seed = Seed.value
        var random = SeededGenerator(seed: seed)
        let origins = RedisReplyCutsTests.vectors.filter { $0.bytes.count < 200 }.map(\.bytes)
        var taken = 0
        var refused = 0
        for round in 0..<100_000 {
            if round % 100 == 0 { await Task.yield() }
            var bytes = origins[Int.random(in: origins.indices, using: &random)]
            for _ in 0..<Int.random(in: 1...4, using: &random) { mutate(&bytes, &random) }
            let (error, held) = refusal([bytes])
            switch error {
            case nil: taken += 1
            case .protocolViolation: refused += 1
            default: Issue.record("QT_TEST_SEED=\(seed), round \(round): \(bytes) gave \(String(describing: error))")
            }
            if held > bytes.count { Issue.record("QT_TEST_SEED=\(seed), round \(round): held \(held)") }
        }
        #expect(taken > 1000 && refused > 1000, "QT_TEST_SEED=\(seed): \(taken) taken, \(refused) refused")
    }

    private func mutate(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        let telling = Array("*$:+-0123456789\r\n_#,(!=%~>|?\u{0}".utf8)
        let place = Int.random(in: 0...bytes.count, using: &random)
        let byte = telling[Int.random(in: telling.indices, using: &random)]
        switch Int.random(in: 0..<5, using: &random) {
        case 0 where place < bytes.count: bytes[place] = byte
        case 1 where place < bytes.count: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 2 where place < bytes.count: bytes.remove(at: place)
        case 3: bytes.insert(contentsOf: bytes.prefix(place), at: 0)
        default: bytes.insert(byte, at: place)
        }
    }

    /// In a process of its own, so that its memory is that of the attack alone. Each of these would take gigabytes of one who
    /// believes what is announced.
    @Test func memoryStaysBounded() async {
        await #expect(processExitsWith: .success) {
            func peak() -> Int {
                var usage = rusage()
                getrusage(.init(RUSAGE_SELF.rawValue), &usage)
                return usage.ru_maxrss << 10
            }
            func attack(_ head: String, _ piece: [UInt8], times: Int) {
                guard var decoder = try? RedisReplyDecoder(limit: 1 << 20) else { exit(2) }
                do throws(RedisError) {
                    try decoder.feed(Array(head.utf8).span.bytes)
                    while try decoder.next() != nil {}
                    for _ in 0..<times {
                        try decoder.feed(piece.span.bytes)
                        while try decoder.next() != nil {}
                    }
                    exit(3)
                } catch {}
            }
            let noise = [UInt8](repeating: 0x78, count: 65_536)
            let numbers = Array(String(repeating: ":1\r\n", count: 16_384).utf8)
            let arrays = Array(String(repeating: "*100000\r\n", count: 8).utf8)
            let before = peak()
            for _ in 0..<20 {
                attack("$9000000000\r\n", noise, times: 32_768)
                attack("+", noise, times: 32_768)
                attack("*1048576\r\n", numbers, times: 32_768)
                attack("*1048576\r\n*1048576\r\n", numbers, times: 1)
                attack("*8\r\n", arrays, times: 100)
            }
            // One reply: its bytes, and 262,144 numbers of four of them with a `redisReply` (64) and a pointer; and the table
            // of a million announced elements. And as much again for what malloc leaves between.
            exit(peak() - before < 2 * ((1 << 20) + (1 << 18) * 72 + (8 << 20)) ? 0 : 4)
        }
    }
}

/// The same through a socket: what reaches the caller, and that the socket goes.
@Suite struct HostileServerTests {
    private let hello =
        "*6\r\n$7\r\nversion\r\n$6\r\n7.0.15\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n"
    private let info = "$12\r\nrun_id:abc\r\n\r\n"

    /// A client that does not try again, so that what a later call is told is what the server did.
    private func client(of server: BareServer) -> RedisClient {
        RedisClient(
            RedisConfiguration(
                address: server.address, clientName: "c", connectLimit: .seconds(30), replyLimit: 1 << 20,
                failFast: true),
            dialer: .sockets, jitter: { _ in .seconds(3600) }, announce: { _ in })
    }

    @Test(arguments: [
        "*1048577\r\n", "$9223372036854775807\r\n", "%1\r\n", "\u{0}",
        "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n",
        ":9223372036854775808\r\n", "*-2\r\n",
    ])
    func aViolationEndsTheCallAndTheConnection(words: String) async throws {
        let server = try BareServer()
        let client = client(of: server)
        async let error = client.outcome("PING").error
        try await server.converse(hello + info, words)
        guard case .protocolViolation? = await error else {
            Issue.record("\(String(describing: await error))")
            return
        }
        #expect(await client.requests.isEmpty)
    }

    @Test func moreRepliesThanCommandsEndTheConnection() async throws {
        let server = try BareServer()
        let client = client(of: server)
        async let call = client.outcome("PING")
        try await server.converse(hello + info, "+PONG\r\n+PONG\r\n")
        #expect(await call == .success(.status("PONG")))
        let later = await client.outcome("PING").error
        #expect(later == .protocolViolation("a reply that no command asked for"))
    }

    @Test func aReplyBeforeAnyCommandEndsTheConnection() async throws {
        let server = try BareServer()
        let client = client(of: server)
        async let facts = client.facts(within: .seconds(10))
        try await server.converse(hello + info + "+hello\r\n")
        #expect(try await facts.runID == "abc")
        #expect(await client.outcome("PING").error == .protocolViolation("a reply that no command asked for"))
    }

    @Test func anEndlessReplyEndsTheConnection() async throws {
        let server = try BareServer()
        let client = client(of: server)
        async let error = client.outcome("GET", "k").error
        let flood = Array("+".utf8) + [UInt8](repeating: 0x78, count: 16 << 20)
        try await server.converse(bytes: [Array((hello + info).utf8), flood])
        #expect(await error == .protocolViolation("a line has more than 65536 bytes"))
    }

    @Test func aFloodInTheHandshakeEndsIt() async throws {
        let server = try BareServer()
        let client = client(of: server)
        async let error = client.outcome("GET", "k").error
        let flood = Array("$9000000000\r\n".utf8) + [UInt8](repeating: 0x78, count: 1 << 20)
        try await server.converse(bytes: [flood])
        #expect(await error == .protocolViolation("a reply has more than 1048576 bytes"))
    }
}
