import Glibc
import RedisClient
import TestSupport
import Testing

/// The server that tests stand on.
@Suite struct RedisServerTests {
    private struct Broken: Error {}

    private func folder(of server: RedisServer) throws -> String {
        guard case .unix(let path) = server.address else { throw Broken() }
        return String(path.dropLast(2))
    }

    @Test func itLeavesNothingBehind() async throws {
        let (path, process) = try await RedisServer.with { server in
            let info =
                try await server.client("c").call(RedisCommand("INFO", "server"), within: .seconds(10)).text ?? ""
            let line = try #require(info.split(separator: "\r\n").first { $0.hasPrefix("process_id:") })
            let path = try folder(of: server)
            #expect(access(path, F_OK) == 0)
            return (path, try #require(pid_t(line.dropFirst(11))))
        }
        #expect(access(path, F_OK) != 0)
        #expect(kill(process, 0) != 0)
    }

    @Test func itLeavesNothingBehindWhenTheTestFails() async throws {
        var path = ""
        await #expect(throws: Broken.self) {
            try await RedisServer.with { server in
                path = try folder(of: server)
                throw Broken()
            }
        }
        #expect(!path.isEmpty && access(path, F_OK) != 0)
    }

    @Test func itStopsAndStartsAgain() async throws {
        try await RedisServer.with { server in
            let fast = RedisClient(
                RedisConfiguration(address: server.address, clientName: "fast", failFast: true))
            try await server.stop()
            await #expect(throws: RedisError.self) { try await fast.call(RedisCommand("PING"), within: .seconds(10)) }
            try await server.start()
            _ = try await server.client("c").call(RedisCommand("PING"), within: .seconds(10))
        }
    }
}
