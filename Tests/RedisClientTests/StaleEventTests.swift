import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import RedisClient

/// What an earlier socket says after it was given up.
@Suite struct StaleEventTests {
    private final class Attempts: Sendable {
        let all = Mutex<[RedisDialer.Attempt]>([])
    }

    @Test(arguments: [
        RedisChannelEvent.reply(.status("late")), .ended(.closed(reason: "late")),
        .ended(.violated(.protocolViolation("late"))),
    ])
    func itIsNotTakenForTheNewOnes(event: RedisChannelEvent) async throws {
        try await RedisServer.with { server in
            let attempts = Attempts()
            let dialer = RedisDialer { attempt in
                attempts.all.withLock { $0.append(attempt) }
                return RedisDialer.sockets.dial(attempt)
            }
            let client = RedisClient(
                RedisConfiguration(address: server.address, clientName: "c"), dialer: dialer,
                jitter: { _ in .zero }, announce: { _ in })
            await #expect(throws: RedisError.deadline(command: "BLPOP", limit: .milliseconds(20))) {
                _ = try await client.facts(within: .seconds(10))
                return try await client.call(RedisCommand("BLPOP", "q", "0"), within: .milliseconds(20))
            }
            #expect(try await client.facts(within: .seconds(10)).generation == 2)
            let all = attempts.all.withLock(\.self)
            let first = try #require(all.first)
            try await first.eventLoop.submit { first.tell(event) }.get()
            #expect(await client.outcome("ECHO", "mine").value?.text == "mine")
            #expect(try await client.facts(within: .seconds(10)).generation == 2)
        }
    }
}
