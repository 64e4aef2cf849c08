import Testing

@testable import RedisClient

@Suite struct RedisReplyDecoderTests {
    /// Bytes and what they say. Each is cut in every way below.
    static let vectors: [(bytes: String, values: [RedisValue])] = [
        ("+OK\r\n", [.status("OK")]),
        ("+\r\n", [.status("")]),
        (":-9223372036854775808\r\n", [.integer(.min)]),
        ("$-1\r\n", [.null]),
        ("*-1\r\n", [.null]),
        ("$0\r\n\r\n", [.bulk([])]),
        ("$6\r\na\r\nb\u{0}c\r\n", [.bulk(Array("a\r\nb\u{0}c".utf8))]),
        ("*0\r\n", [.array([])]),
        ("-WRONGTYPE no\r\n", [.error(RedisReplyError(message: "WRONGTYPE no"))]),
        (
            "*3\r\n:1\r\n-ERR in here\r\n*2\r\n$-1\r\n$1\r\nx\r\n",
            [
                .array([
                    .integer(1), .error(RedisReplyError(message: "ERR in here")), .array([.null, .bulk([0x78])]),
                ])
            ]
        ),
        ("+a\r\n:2\r\n$1\r\nb\r\n*1\r\n+c\r\n", [.status("a"), .integer(2), .bulk([0x62]), .array([.status("c")])]),
    ]

    private func decode(_ pieces: [ArraySlice<UInt8>], limit: Int = 1 << 20) throws(RedisError) -> [RedisValue] {
        var decoder = try RedisReplyDecoder(limit: limit)
        var values: [RedisValue] = []
        for piece in pieces {
            try decoder.feed(piece.span.bytes)
            while let value = try decoder.next() { values.append(value) }
        }
        return values
    }

    private func decode(_ text: String, limit: Int = 1 << 20) throws(RedisError) -> [RedisValue] {
        try decode([ArraySlice(text.utf8)], limit: limit)
    }

    @Test(arguments: vectors.indices)
    func everyCutGivesTheSame(index: Int) throws {
        let vector = Self.vectors[index]
        let bytes = Array(vector.bytes.utf8)
        #expect(try decode([bytes[...]]) == vector.values)
        #expect(try decode(bytes.map { [$0] }) == vector.values)
        for cut in bytes.indices {
            #expect(try decode([bytes[..<cut], bytes[cut...]]) == vector.values, "cut at \(cut)")
        }
    }

    @Test func tenThousandRandomCuts() throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededGenerator(seed: seed)
        let bytes = Self.vectors.flatMap { Array($0.bytes.utf8) }
        let values = Self.vectors.flatMap(\.values)
        for round in 0..<10_000 {
            let cuts = (0..<Int.random(in: 1...12, using: &random)).map { _ in
                Int.random(in: 0...bytes.count, using: &random)
            }
            let bounds = [0] + cuts.sorted() + [bytes.count]
            let pieces = zip(bounds, bounds.dropFirst()).map { bytes[$0..<$1] }
            let decoded = try decode(pieces)
            try #require(decoded == values, "seed \(seed), round \(round), cuts \(bounds)")
        }
    }

    @Test(arguments: [
        "HTTP/1.1 400 Bad Request\r\n", "\u{0}\u{0}\u{0}\u{0}", "?\r\n", "$abc\r\n", "$-7\r\n", "*x\r\n", "*-9\r\n",
        ":12a\r\n", ":\r\n", "%1\r\n+a\r\n+b\r\n", "~1\r\n+a\r\n", ">1\r\n+a\r\n", "#t\r\n", ",1.5\r\n",
        "*99999999999999999999\r\n", "$99999999999999999999\r\n", "*2147483647\r\n", "*1048577\r\n",
    ])
    func garbageIsAViolation(text: String) {
        let error = #expect(throws: RedisError.self) { _ = try decode(text) }
        guard case .protocolViolation? = error else { return #expect(error == .protocolViolation("...")) }
    }

    @Test func randomBytesNeverCrash() throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededGenerator(seed: seed)
        let alphabet = Array("*$:+-0123456789\r\n\r\n\r\nab%".utf8)
        var violations = 0
        for _ in 0..<20_000 {
            let bytes = (0..<40).map { _ in alphabet[Int.random(in: alphabet.indices, using: &random)] }
            do throws(RedisError) { _ = try decode([bytes[...]]) } catch { violations += 1 }
        }
        #expect(violations > 0, "seed \(seed)")
    }

    @Test func nestsEightDeepAndNoDeeper() throws {
        let eight = String(repeating: "*1\r\n", count: 8) + ":1\r\n"
        var value = RedisValue.integer(1)
        for _ in 0..<8 { value = .array([value]) }
        #expect(try decode(eight) == [value])
        #expect(throws: RedisError.self) { _ = try decode("*1\r\n" + eight) }
        #expect(throws: RedisError.self) { _ = try decode(String(repeating: "*1\r\n", count: 100_000)) }
    }

    @Test func aReplyMayBeAsLargeAsTheLimitAndNoLarger() throws {
        let exact = "$93\r\n" + String(repeating: "x", count: 93) + "\r\n"
        try #require(exact.utf8.count == 100)
        #expect(try decode(exact, limit: 100).count == 1)
        #expect(throws: RedisError.self) { _ = try decode(exact, limit: 99) }
        #expect(try decode(exact + exact + exact, limit: 100).count == 3, "the limit is one reply's, not the feed's")
    }

    @Test func anEndlessReplyIsRefusedBeforeItsEnd() {
        let head = Array("$500000000\r\n".utf8)
        let piece = [UInt8](repeating: 0x78, count: 1000)
        #expect(throws: RedisError.self) {
            _ = try decode([head[...]] + (0..<11).map { _ in piece[...] }, limit: 10_000)
        }
        let elements = Array(("*1000000\r\n" + String(repeating: ":1\r\n", count: 3000)).utf8)
        #expect(throws: RedisError.self) { _ = try decode([elements[...]], limit: 10_000) }
    }
}

/// SplitMix64, so that a failing round can be had again from its seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
