import RedisClient
import TestSupport
import Testing

@Suite struct CallTests {
    @Test func repliesComeBackInOrder() async throws {
        try await RedisServer.with { server in
            let client = server.client("order")
            #expect(try await client.call(RedisCommand("SET", "k", "1"), within: .seconds(5)) == .status("OK"))
            let replies = try await client.pipeline(
                (0..<500).map { _ in RedisCommand("INCR", "k") }, within: .seconds(5))
            #expect(replies == (2...501).map { .integer($0) })
            await client.close()
        }
    }
}
