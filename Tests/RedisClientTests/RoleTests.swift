import TestSupport
import Testing

@testable import RedisClient

/// A server that stops being the primary under a client.
@Suite struct RoleTests {
    private let patience = Duration.seconds(10)

    private func client(of server: RedisServer) -> RedisClient {
        RedisClient(RedisConfiguration(address: server.address, clientName: "strict", failFast: true))
    }

    /// Nobody listens there: the server becomes a replica that never syncs.
    private let demotion = RedisCommand("REPLICAOF", "127.0.0.1", "1")

    @Test func aReplicaIsRefused() async throws {
        try await RedisServer.with(arguments: ["--replicaof", "127.0.0.1", "1"]) { server in
            let client = client(of: server)
            let error = RedisError.isReplica(server.address)
            await #expect(throws: error) { try await client.call(RedisCommand("GET", "k"), within: patience) }
            #expect(error.description.contains("give the address of its primary"))
        }
    }

    @Test func readOnlyLeadsBackToTheQuestionOfTheRole() async throws {
        try await RedisServer.with { server in
            let admin = server.client("admin")
            let client = client(of: server)
            _ = try await client.call(RedisCommand("SET", "k", "v"), within: patience)
            _ = try await admin.call(demotion, within: patience)
            let error = await #expect(throws: RedisError.self) {
                try await client.call(RedisCommand("SET", "k", "w"), within: patience)
            }
            guard case .reply(let reply)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(reply.code == "READONLY" && reply.kind == .rebuild)
            try await until("the role is asked again") {
                do throws(RedisError) {
                    _ = try await client.call(RedisCommand("GET", "k"), within: patience)
                    return false
                } catch {
                    return error == .isReplica(server.address)
                }
            }
        }
    }

    @Test func aBlockedReaderIsUnblockedAndLeaves() async throws {
        try await RedisServer.with { server in
            let admin = server.client("admin")
            let client = client(of: server)
            async let read = client.outcome("BLPOP", "queue", "0")
            try await until("the reader is blocked") {
                let info = try await admin.call(RedisCommand("INFO", "clients"), within: patience).text
                return info?.contains("blocked_clients:1\r\n") == true
            }
            _ = try await admin.call(demotion, within: patience)
            let error = await read.error
            guard case .reply(let reply)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(reply.code == "UNBLOCKED" && reply.kind == .rebuild)
            #expect(await client.channel == nil)
        }
    }
}
