import TestSupport
import Testing

@testable import RedisClient

/// What callers get from a server that works.
@Suite struct CallTests {
    private let patience = Duration.seconds(10)

    /// Waits until so many clients of the server are blocked.
    private func blocked(_ count: Int, on server: RedisServer) async throws {
        let watcher = server.client("watcher")
        try await until("\(count) blocked clients") {
            let info = try await watcher.call(RedisCommand("INFO", "clients"), within: patience).text
            return info?.contains("blocked_clients:\(count)\r\n") == true
        }
        await watcher.close()
    }

    @Test func pipelinedRepliesComeInOrder() async throws {
        try await RedisServer.with { server in
            let client = server.client("order")
            let commands = (0..<5000).map { _ in RedisCommand("INCR", "k") }
            let replies = try await client.pipeline(commands, within: patience)
            #expect(replies == (1...5000).map { .integer($0) })
            #expect(try await client.facts(within: patience).generation == 1)
        }
    }

    @Test func concurrentCallsGetTheirOwnReplies() async throws {
        try await RedisServer.with { server in
            let client = server.client("many")
            let texts = try await withThrowingTaskGroup(of: (Int, String?).self) { group in
                for number in 0..<500 {
                    group.addTask {
                        (number, try await client.call(RedisCommand("ECHO", "\(number)"), within: patience).text)
                    }
                }
                return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
            }
            #expect(texts == Dictionary(uniqueKeysWithValues: (0..<500).map { ($0, "\($0)") }))
            #expect(try await client.facts(within: patience).generation == 1)
        }
    }

    @Test func anyBytesComeBackAsTheyWent() async throws {
        try await RedisServer.with { server in
            let client = server.client("bytes")
            let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let key = [UInt8]([0, 0xff, 0x0d, 0x0a])
            _ = try await client.call(RedisCommand(arguments: [Array("SET".utf8), key, bytes]), within: patience)
            let reply = try await client.call(RedisCommand(arguments: [Array("GET".utf8), key]), within: patience)
            #expect(reply == .bulk(bytes))
            #expect(reply.text == nil)
        }
    }

    @Test func aCallThrowsTheErrorThatAPipelineReturns() async throws {
        try await RedisServer.with { server in
            let client = server.client("errors")
            let replies = try await client.pipeline(
                [RedisCommand("SET", "k", "v"), RedisCommand("LPOP", "k"), RedisCommand("GET", "k")], within: patience)
            guard case .error(let error) = replies[1] else {
                Issue.record("\(replies)")
                return
            }
            #expect(error.code == "WRONGTYPE" && error.kind == .misuse)
            #expect(replies[0] == .status("OK") && replies[2] == .bulk(Array("v".utf8)))
            await #expect(throws: RedisError.reply(error)) {
                try await client.call(RedisCommand("LPOP", "k"), within: patience)
            }
        }
    }

    @Test func anEmptyPipelineAsksNobody() async throws {
        let nowhere = RedisClient(RedisConfiguration(address: .unix(path: "/nonexistent"), clientName: "c"))
        #expect(try await nowhere.pipeline([], within: .zero) == [])
    }

    @Test func aBlockedReadWakesUp() async throws {
        try await RedisServer.with { server in
            let reader = server.client("reader")
            let writer = server.client("writer")
            async let read = reader.call(
                RedisCommand("XREAD", "BLOCK", "5000", "STREAMS", "s", "$"), within: .seconds(8))
            try await blocked(1, on: server)
            let id = try await writer.call(RedisCommand("XADD", "s", "*", "f", "v"), within: patience)
            let entry = RedisValue.array([id, .array([.bulk(Array("f".utf8)), .bulk(Array("v".utf8))])])
            #expect(try await read == .array([.array([.bulk(Array("s".utf8)), .array([entry])])]))
        }
    }

    @Test func aBlockedReadThatFindsNothingIsNull() async throws {
        try await RedisServer.with { server in
            let reader = server.client("reader")
            let command = RedisCommand("XREAD", "BLOCK", "1", "STREAMS", "s", "$")
            let reply = try await reader.call(command, within: .seconds(8))
            #expect(reply == .null)
        }
    }

    @Test func aDeadlineClosesTheSocketAndTheNextCallIsRight() async throws {
        try await RedisServer.with { server in
            let client = server.client("late")
            let other = server.client("other")
            _ = try await client.facts(within: patience)
            async let neighbour = client.outcome("BLPOP", "other", "0")
            try await blocked(1, on: server)
            let late = RedisError.deadline(command: "BLPOP", limit: .milliseconds(30))
            await #expect(throws: late) {
                try await client.call(RedisCommand("BLPOP", "queue", "0"), within: .milliseconds(30))
            }
            let lost = RedisError.connectionLost(server.address, reason: "a call on this connection ran out of time")
            #expect(await neighbour == .failure(lost))
            // Had the socket stayed, this push would answer the BLPOP, and its reply would go to the ECHO.
            try await blocked(0, on: server)
            _ = try await other.call(RedisCommand("RPUSH", "queue", "x"), within: patience)
            #expect(try await client.call(RedisCommand("ECHO", "mine"), within: patience).text == "mine")
            #expect(try await other.call(RedisCommand("LLEN", "queue"), within: patience) == .integer(1))
            #expect(try await client.facts(within: patience).generation == 2)
        }
    }

    @Test func aCancelledCallEndsAtOnceAndItsNeighbourGoesOn() async throws {
        try await RedisServer.with { server in
            let client = server.client("cancelled")
            let other = server.client("other")
            try await withThrowingTaskGroup(of: RedisValue.self) { group in
                group.addTask { try await client.call(RedisCommand("BLPOP", "queue", "0"), within: patience) }
                try await blocked(1, on: server)
                group.cancelAll()
                await #expect(throws: RedisError.cancelled) { try await group.next() }
            }
            async let neighbour = client.call(RedisCommand("ECHO", "mine"), within: patience)
            _ = try await other.call(RedisCommand("RPUSH", "queue", "x"), within: patience)
            #expect(try await neighbour.text == "mine", "the late reply of BLPOP is dropped")
            #expect(try await client.facts(within: patience).generation == 1)
            #expect(await client.requests.isEmpty)
        }
    }

    @Test func aCallOfACancelledTaskIsCancelled() async throws {
        try await RedisServer.with { server in
            let client = server.client("cancelled")
            await withThrowingTaskGroup(of: RedisValue.self) { group in
                group.cancelAll()
                group.addTask { try await client.call(RedisCommand("PING"), within: patience) }
                await #expect(throws: RedisError.cancelled) { try await group.next() }
            }
            let reply = try await client.call(RedisCommand("PING"), within: patience)
            #expect(reply == .status("PONG"))
        }
    }

    @Test func closingEndsWhatWaits() async throws {
        try await RedisServer.with { server in
            let client = server.client("closed")
            async let read = client.outcome("BLPOP", "queue", "0")
            try await blocked(1, on: server)
            await client.close()
            #expect(await read == .failure(.closed))
            await #expect(throws: RedisError.closed) { try await client.call(RedisCommand("PING"), within: patience) }
            try await blocked(0, on: server)
        }
    }

    @Test func aClientThatIsLetGoLeavesNoSocket() async throws {
        try await RedisServer.with { server in
            let watcher = server.client("watcher")
            func names() async throws -> String {
                try await watcher.call(RedisCommand("CLIENT", "LIST"), within: patience).text ?? ""
            }
            do {
                let client = server.client("let-go")
                _ = try await client.facts(within: patience)
                #expect(try await names().contains("name=let-go"))
            }
            try await until("the socket closed") { try await !names().contains("name=let-go") }
        }
    }

    @Test func aReplyOverTheLimitEndsTheConnection() async throws {
        try await RedisServer.with { server in
            let client = RedisClient(
                RedisConfiguration(
                    address: server.address, clientName: "small", replyLimit: 100_000,
                    backoff: Backoff(longest: .milliseconds(1))))
            let large = RedisCommand("SET", "k", String(repeating: "x", count: 1_000_000))
            _ = try await client.call(large, within: patience)
            let error = RedisError.protocolViolation("a reply has more than 100000 bytes")
            await #expect(throws: error) { try await client.call(RedisCommand("GET", "k"), within: patience) }
            #expect(try await client.call(RedisCommand("STRLEN", "k"), within: patience) == .integer(1_000_000))
        }
    }
}
