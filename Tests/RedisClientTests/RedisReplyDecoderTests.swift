import Testing

@testable import RedisClient

@Suite struct RedisReplyDecoderTests {
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
