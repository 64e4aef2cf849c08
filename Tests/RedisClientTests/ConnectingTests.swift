import NIOCore
import TestSupport
import Testing

@testable import RedisClient

/// Ways to a connection, and ways to none.
@Suite struct ConnectingTests {
    private let patience = Duration.seconds(10)
    private let ping = RedisCommand("PING")

    private func client(
        _ address: RedisAddress, user: String? = nil, password: String? = nil,
        minimum: RedisVersion = RedisVersion(7, 0),
        limit: Duration = .seconds(10)
    ) -> RedisClient {
        RedisClient(
            RedisConfiguration(
                address: address, username: user, password: password.map { RedisPassword($0) }, clientName: "c",
                connectLimit: limit, minimumVersion: minimum, failFast: true))
    }

    @Test func theServerTellsWhoItIs() async throws {
        try await RedisServer.with { server in
            let client = client(server.address)
            let facts = try await client.facts(within: patience)
            let info = try await client.call(RedisCommand("INFO", "server"), within: patience).text ?? ""
            #expect(facts.role == .primary && facts.mode == "standalone" && facts.generation == 1)
            #expect(info.contains("redis_version:\(facts.version)\r\n") && info.contains("run_id:\(facts.runID)\r\n"))
            let name = try await client.call(RedisCommand("CLIENT", "GETNAME"), within: patience)
            #expect(name.text == "c")
        }
    }

    @Test func aPasswordIsAskedForAndChecked() async throws {
        try await RedisServer.with(password: "right") { server in
            let none = client(server.address)
            await #expect(throws: RedisError.needsPassword(server.address)) {
                try await none.call(ping, within: patience)
            }
            let wrong = client(server.address, password: "hunter2")
            let error = await #expect(throws: RedisError.self) { try await wrong.call(ping, within: patience) }
            #expect(error == .wrongPassword(server.address, username: "default"))
            #expect(error.map { "\($0)\(String(reflecting: $0))".contains("hunter2") } == false)
            let right = client(server.address, password: "right")
            let reply = try await right.call(ping, within: patience)
            #expect(reply == .status("PONG"))
        }
    }

    @Test func aUserNeedsItsRights() async throws {
        try await RedisServer.with { server in
            let admin = server.client("admin")
            _ = try await admin.call(
                RedisCommand("ACL", "SETUSER", "agent", "on", ">pw", "+hello", "+ping"), within: patience)
            let agent = client(server.address, user: "agent", password: "pw")
            let error = await #expect(throws: RedisError.self) { try await agent.call(ping, within: patience) }
            #expect(error?.description.contains("its ACL needs +hello and +info") == true)
            _ = try await admin.call(RedisCommand("ACL", "SETUSER", "agent", "+info"), within: patience)
            let another = client(server.address, user: "agent", password: "pw")
            #expect(try await another.call(ping, within: patience) == .status("PONG"))
            let denied = await #expect(throws: RedisError.self) {
                try await another.call(RedisCommand("GET", "k"), within: patience)
            }
            guard case .reply(let reply)? = denied, reply.kind == .alarm else {
                Issue.record("\(String(describing: denied))")
                return
            }
            #expect(try await another.facts(within: patience).generation == 1, "a missing right ends no connection")
        }
    }

    @Test func anOldServerIsRefused() async throws {
        try await RedisServer.with { server in
            let client = client(server.address, minimum: RedisVersion(99, 0))
            let version = try await server.client("v").facts(within: patience).version
            let error = RedisError.serverTooOld(
                server.address, version: "\(version)", minimum: RedisVersion(99, 0))
            await #expect(throws: error) { try await client.call(ping, within: patience) }
        }
    }

    @Test func overTCPTheSocketIsWatched() async throws {
        try await RedisServer.with(tcp: true) { server in
            let address = try #require(server.tcpAddress)
            let client = client(address)
            #expect(try await client.call(ping, within: patience) == .status("PONG"))
            let channel = try #require(await client.channel)
            // Linux' numbers (tcp.h): NODELAY, KEEPIDLE, KEEPINTVL, KEEPCNT, USER_TIMEOUT.
            for (name, value) in [(4, 15), (5, 5), (6, 3), (18, 20_000)] as [(CInt, CInt)] {
                let option = ChannelOptions.Types.SocketOption(level: .tcp, name: .init(rawValue: name))
                #expect(try await channel.getOption(option).get() == value, "option \(name)")
            }
            let flags: [ChannelOptions.Types.SocketOption] = [
                .init(level: .tcp, name: .init(rawValue: 1)), .init(level: .socket, name: .so_keepalive),
            ]
            for flag in flags { #expect(try await channel.getOption(flag).get() != 0) }
        }
    }

    @Test func nobodyListens() async throws {
        let address = RedisAddress.unix(path: "/nonexistent/redis.sock")
        let error = RedisError.unreachable(address, reason: "No such file or directory")
        let client = client(address)
        await #expect(throws: error) { try await client.call(ping, within: patience) }
        let port = self.client(.tcp(host: "127.0.0.1", port: 1))
        let refused = RedisError.unreachable(.tcp(host: "127.0.0.1", port: 1), reason: "Connection refused")
        await #expect(throws: refused) { try await port.call(ping, within: patience) }
    }

    @Test func aServerThatNeverAnswers() async throws {
        let silent = try BareServer()
        let client = client(silent.address, limit: .milliseconds(50))
        let error = await #expect(throws: RedisError.self) { try await client.call(ping, within: patience) }
        #expect(error == .unreachable(silent.address, reason: "no answer within 0.05 seconds"))
    }

    @Test(arguments: [
        ("HTTP/1.1 400 Bad Request\r\n\r\n", "does not speak Redis' protocol"),
        ("-ERR max number of clients reached\r\n", "refused the handshake: ERR max number of clients reached"),
        ("*2\r\n$7\r\nversion\r\n$6\r\n6.2.14\r\n", "is version 6.2.14; 7.0.0 or later is needed"),
        ("+OK\r\n", "HELLO names no version"),
        ("", "during the handshake: the server closed it; a port that speaks TLS does this"),
    ])
    func aServerThatIsNone(words: String, message: String) async throws {
        let server = try BareServer()
        let client = client(server.address)
        async let call = client.outcome("PING")
        try await server.answerOnce(words)
        let error = await call.error
        #expect(error?.description.contains(message) == true, "\(String(describing: error))")
        #expect(error?.description.contains("\r") == false)
    }

    @Test func afterKillAndRestartCallsGoOn() async throws {
        try await RedisServer.with { server in
            let client = server.client("survivor")
            let before = try await client.facts(within: patience)
            async let read = client.outcome("BLPOP", "queue", "0")
            let watcher = server.client("watcher")
            try await until("the reader is blocked") {
                let info = try await watcher.call(RedisCommand("INFO", "clients"), within: patience).text
                return info?.contains("blocked_clients:1\r\n") == true
            }
            try await server.kill()
            let error = await read.error
            guard case .connectionLost(server.address, _)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            async let patient = client.call(RedisCommand("ECHO", "back"), within: patience)
            try await server.start()
            #expect(try await patient.text == "back")
            let after = try await client.facts(within: patience)
            #expect(after.generation == 2 && after.runID != before.runID)
        }
    }
}
