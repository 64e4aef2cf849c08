import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import RedisClient

/// How often a client tries, and how often it speaks of it.
@Suite struct PacingTests {
    private let ping = RedisCommand("PING")
    private let nowhere = RedisAddress.unix(path: "/nonexistent/redis.sock")

    private final class Record: Sendable {
        let attempts = Mutex(0)
        let waits = Mutex<[ClosedRange<Duration>]>([])
        let news = Mutex<[RedisNews]>([])
    }

    /// A client that counts its attempts and always waits so long between them.
    private func client(
        _ address: RedisAddress, wait: Duration, failFast: Bool, record: Record
    ) -> RedisClient {
        let dialer = RedisDialer { attempt in
            record.attempts.withLock { $0 += 1 }
            return RedisDialer.sockets.dial(attempt)
        }
        return RedisClient(
            RedisConfiguration(address: address, clientName: "c", failFast: failFast), dialer: dialer,
            jitter: { range in
                record.waits.withLock { $0.append(range) }
                return wait
            },
            announce: { news in record.news.withLock { $0.append(news) } })
    }

    @Test func aLoopOfCallsToADeadServerMakesOneAttempt() async throws {
        let record = Record()
        let client = client(nowhere, wait: .seconds(3600), failFast: true, record: record)
        for _ in 0..<1000 {
            await #expect(throws: RedisError.self) { try await client.call(ping, within: .seconds(10)) }
        }
        #expect(record.attempts.withLock(\.self) == 1)
        #expect(record.waits.withLock(\.self) == [.zero ... .milliseconds(500)])
    }

    @Test func waitingCallsShareTheAttemptAndGetItsErrorAtTheirDeadline() async throws {
        let record = Record()
        let client = client(nowhere, wait: .seconds(3600), failFast: false, record: record)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    await #expect(throws: RedisError.unreachable(nowhere, reason: "No such file or directory")) {
                        try await client.call(ping, within: .milliseconds(50))
                    }
                }
            }
        }
        #expect(record.attempts.withLock(\.self) == 1)
    }

    @Test func theWaitsGrowWhileTheServerIsAway() async throws {
        let record = Record()
        let client = client(nowhere, wait: .zero, failFast: false, record: record)
        async let call = client.outcome("PING")
        try await until("twenty attempts") { record.attempts.withLock(\.self) >= 20 }
        await client.close()
        #expect(await call == .failure(.closed))
        let ends = record.waits.withLock { $0.prefix(8).map(\.upperBound) }
        #expect(ends == [0.5, 1, 2, 4, 8, 16, 30, 30].map { .seconds($0) })
        let away = RedisNews.away(.unreachable(nowhere, reason: "No such file or directory"))
        #expect(record.news.withLock(\.self) == [away], "one line, however many attempts")
    }

    @Test func comingAndGoingIsToldOnceEach() async throws {
        try await RedisServer.with { server in
            let record = Record()
            let client = client(server.address, wait: .zero, failFast: true, record: record)
            _ = try await client.call(ping, within: .seconds(10))
            _ = try await client.call(ping, within: .seconds(10))
            try await server.kill()
            try await until("the loss is told") { record.news.withLock { $0.count } == 2 }
            let lost = RedisError.connectionLost(server.address, reason: "the server closed it")
            #expect(record.news.withLock { $0.last } == .away(lost))
            try await server.start()
            let facts = try await client.facts(within: .seconds(10))
            #expect(record.news.withLock { $0.last } == .connected(facts))
            #expect(record.news.withLock { $0.count } == 3)
        }
    }

    @Test func callsThatComeTogetherMakeOneConnection() async throws {
        try await RedisServer.with { server in
            let record = Record()
            let client = client(server.address, wait: .zero, failFast: false, record: record)
            try await withThrowingTaskGroup(of: RedisValue.self) { group in
                for _ in 0..<100 { group.addTask { try await client.call(ping, within: .seconds(10)) } }
                for try await reply in group { #expect(reply == .status("PONG")) }
            }
            #expect(record.attempts.withLock(\.self) == 1)
        }
    }
}
