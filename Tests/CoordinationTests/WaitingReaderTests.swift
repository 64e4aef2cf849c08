import DeployModel
import DeployProtocol
import RedisClient
import TestSupport
import Testing

@testable import Coordination

/// A reader that waits at the end of a stream takes what the wait brings, which is what a page would have given.
@Suite struct WaitingReaderTests {
    struct News: Sendable {
        var entries: Int
        var fields: Int
        var valueLength: Int
        /// Whether a page gives less than all of it, or cuts it.
        var isCut: Bool
    }

    @Test(arguments: [
        News(entries: 1, fields: 1, valueLength: 5, isCut: false),
        News(entries: 49, fields: 3, valueLength: 5, isCut: false),
        News(entries: 50, fields: 1, valueLength: 5, isCut: false),
        News(entries: 250, fields: 1, valueLength: 5, isCut: false),
        News(entries: 1, fields: 40, valueLength: 5, isCut: false),
        News(entries: 1, fields: 41, valueLength: 5, isCut: true),
        News(entries: 1, fields: 1, valueLength: 16_384, isCut: false),
        News(entries: 1, fields: 1, valueLength: 16_385, isCut: true),
        News(entries: 20, fields: 1, valueLength: 16_384, isCut: true),
    ])
    func theWaitBringsWhatAPageWouldGive(news: News) async throws {
        try await Bench.with { bench in
            let key = bench.keys.events(.random())
            try await bench.send("XADD", key, "1-0", "a", "b")
            let start = try await bench.fleet.end(key)
            try await bench.send("CONFIG", "RESETSTAT")
            // A connection that waits takes no other call.
            let redis = bench.server.client("waiting")
            async let waited = Self.wait(Fleet(name: bench.fleet.name, redis: redis), key, start)
            try await until("the reader waits") {
                let info = try await bench.send("INFO", "clients").bytes.map { String(decoding: $0, as: UTF8.self) }
                return info?.contains("blocked_clients:1\r\n") == true
            }
            let value = String(repeating: "x", count: news.valueLength)
            let words = (0..<news.fields).flatMap { ["f\($0)", value] }
            // All in one call, as a script of the contract adds them.
            let add = "for _ = 1, tonumber(ARGV[1]) do redis.call('XADD', KEYS[1], '*', unpack(ARGV, 2)) end"
            let whole = RedisCommand(words: ["EVAL", add, "1", key, String(news.entries)] + words)
            _ = try await bench.redis.call(whole, within: .seconds(10))
            let (entries, place) = try await waited
            let stats = try await bench.send("INFO", "commandstats").bytes.map { String(decoding: $0, as: UTF8.self) }
            let isLooked = try #require(stats).contains(/cmdstat_eval(sha)?_ro:/)
            #expect(isLooked == news.isCut, "a page is asked for only where it is needed")
            var paged = start
            #expect(try await bench.fleet.page(key, behind: &paged) == entries)
            #expect(place.id == paged.id)
            // After as many as a page has, more may follow: the next read looks.
            #expect(place.isEnd == (news.isCut ? paged.isEnd : news.entries < 50))
            await redis.close()
        }
    }

    private static func wait(
        _ fleet: Fleet, _ key: String, _ start: StreamPlace
    ) async throws -> ([StreamEntry], StreamPlace) {
        var place = start
        let entries = try await fleet.read(key, behind: &place, wait: .seconds(30))
        return (entries, place)
    }
}
