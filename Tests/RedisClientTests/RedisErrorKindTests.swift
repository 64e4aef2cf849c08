import Glibc
import TestSupport
import Testing

@testable import RedisClient

@Suite struct RedisErrorKindTests {
    private let patience = Duration.seconds(10)

    @Test(arguments: [
        ("LOADING Redis is loading the dataset in memory", RedisErrorKind.retry),
        ("BUSY Redis is busy running a script", .retry), ("TRYAGAIN x", .retry), ("CLUSTERDOWN x", .retry),
        ("MASTERDOWN Link with MASTER is down", .retry), ("TIMEOUT", .retry),
        ("ERR max number of clients reached", .retry),
        ("READONLY You can't write against a read only replica.", .rebuild),
        ("UNBLOCKED force unblock from blocking operation", .rebuild), ("MOVED 1 h:1", .rebuild),
        ("ASK 1 h:1", .rebuild),
        ("OOM command not allowed", .degrade), ("MISCONF x", .degrade), ("NOREPLICAS x", .degrade),
        ("NOAUTH x", .alarm), ("WRONGPASS x", .alarm), ("NOPERM x", .alarm), ("DENIED x", .alarm),
        ("ERR The stream has exhausted the last possible ID, unable to add more items", .alarm),
        ("NOSCRIPT No matching script.", .noScript), ("NOSCRIPT", .noScript),
        ("WRONGTYPE x", .misuse), ("CROSSSLOT x", .misuse), ("NOGROUP x", .misuse),
        ("ERR something new", .unclassified), ("NEWCODE x", .unclassified), ("", .unclassified),
        ("readonly x", .unclassified), ("OOMX", .unclassified),
    ])
    func byTheTable(message: String, kind: RedisErrorKind) {
        #expect(RedisReplyError(message: message).kind == kind)
    }

    @Test func whatIsUnknownIsLeftAndReported() {
        #expect(RedisErrorKind.allCases.filter(\.dropsConnection) == [.rebuild, .unclassified])
        #expect(RedisErrorKind.allCases.filter(\.needsPerson) == [.alarm, .unclassified])
    }

    @Test func whatMayPassIsWorthAnotherTry() {
        #expect(RedisErrorKind.allCases.filter { !$0.mayPass } == [.alarm, .misuse])
        let address = RedisAddress.tcp(host: "h", port: 1)
        func reply(_ message: String) -> RedisError { .reply(RedisReplyError(message: message)) }
        let passing: [RedisError] = [
            .unreachable(address, reason: ""), .isReplica(address), .deadline(command: "GET", limit: .seconds(1)),
            .connectionLost(address, reason: ""), .insecure(address, .failed("")),
            .handshakeRefused(address, RedisReplyError(message: "ERR max number of clients reached")),
            reply("LOADING x"), reply("BUSY x"), reply("READONLY x"), reply("OOM x"), reply("MISCONF x"),
            reply("NOREPLICAS x"), reply("MASTERDOWN x"), reply("TRYAGAIN x"),
        ]
        for error in passing { #expect(error.mayPass, "\(error)") }
        let staying: [RedisError] = [
            .invalidAddress("", reason: ""), .invalidCommand(""), .unusableFile("/f", problem: ""),
            .serverTooOld(address, version: "6.2", minimum: RedisVersion(7, 0)), .needsPassword(address),
            .wrongPassword(address, username: "u"), .notPermitted(address, username: "u", message: ""),
            .insecure(address, .wrongName(expected: "n")), .insecure(address, .untrusted(authorities: "/ca")),
            .insecure(address, .expired(at: 0)), .insecure(address, .notTLS), .insecure(address, .notPlain),
            .insecure(address, .needsCertificate), .insecure(address, .certificateRefused("")),
            .protocolViolation(""), .cancelled, .closed,
            reply("NOAUTH x"), reply("WRONGPASS x"), reply("NOPERM x"), reply("WRONGTYPE x"),
        ]
        for error in staying { #expect(!error.mayPass, "\(error)") }
    }

    @Test func theMessageIsOneLine() {
        let error = RedisError.reply(
            RedisReplyError(message: "ERR a\nb\u{1b}[31m\u{202e}" + String(repeating: "x", count: 999)))
        #expect(error.description.hasPrefix("Redis replied: ERR a\\u{a}b\\u{1b}[31m\\u{202e}xxx"))
        #expect(error.description.count < 400 && error.description.hasSuffix("..."))
    }

    /// What this machine's server really says.
    @Test func asTheServerSaysIt() async throws {
        let cases: [([String], RedisErrorKind)] = [
            (["NOSUCH"], .misuse), (["GET"], .misuse), (["CLIENT", "NOSUCH"], .misuse),
            (["SET", "k", "v", "XYZ"], .misuse), (["INCR", "text"], .misuse), (["INCRBYFLOAT", "text", "1"], .misuse),
            (["LPOP", "text"], .misuse), (["XADD", "s", "1-x", "f", "v"], .misuse),
            (["XADD", "s", "0-0", "f", "v"], .misuse),
            (["XADD", "full", "5-5", "f", "v"], .alarm), (["XADD", "full", "*", "f", "v"], .alarm),
            (["XREADGROUP", "GROUP", "g", "c", "STREAMS", "s", ">"], .misuse), (["EXEC"], .misuse),
            (["EVAL", "return (", "0"], .misuse), (["EVAL", "return 1", "5"], .misuse),
            (["EVAL", "return nosuch.field", "0"], .misuse), (["EVAL", "return redis.call('NOSUCH')", "0"], .misuse),
            (["EVALSHA", "00", "0"], .noScript), (["LSET", "nosuch", "0", "v"], .misuse),
            (["SETRANGE", "k", "-1", "v"], .misuse), (["AUTH", "default", "x"], .alarm),
        ]
        try await RedisServer.with(password: "right") { server in
            let client = server.client("errors")
            let full = "18446744073709551615-18446744073709551615"
            let before = [["SET", "text", "abc"], ["XADD", "full", full, "f", "v"]]
            _ = try await client.pipeline(before.map { RedisCommand(words: $0) }, within: patience)
            for (words, kind) in cases {
                let reply = try await client.pipeline([RedisCommand(words: words)], within: patience)[0]
                guard case .error(let error) = reply else {
                    Issue.record("\(words) gave \(reply)")
                    continue
                }
                #expect(error.kind == kind, "\(words) gave \(error)")
            }
        }
    }

    /// What the server's state makes it say, and that it is forgotten when the state is.
    @Test func aServerInNeed() async throws {
        try await RedisServer.with { server in
            let client = server.client("need")
            for (setting, value, code) in [("maxmemory", "1", "OOM"), ("min-replicas-to-write", "1", "NOREPLICAS")] {
                _ = try await client.call(RedisCommand("CONFIG", "SET", setting, value), within: patience)
                try await expect(["SET", "k", "v"], on: client, code, .degrade)
                _ = try await client.call(RedisCommand("CONFIG", "SET", setting, "0"), within: patience)
            }
            #expect(try await client.call(RedisCommand("SET", "k", "v"), within: patience) == .status("OK"))
        }
    }

    @Test func aServerThatCannotSave() async throws {
        try await RedisServer.with { server in
            let client = server.client("need")
            guard case .unix(let socket) = server.address else { return }
            // A folder stands where the snapshot must go.
            let folder = String(socket.dropLast(1)) + "dump.rdb"
            #expect(mkdir(folder, 0o700) == 0 && mkdir(folder + "/full", 0o700) == 0)
            _ = try await client.call(RedisCommand("CONFIG", "SET", "save", "1 1"), within: patience)
            _ = try await client.call(RedisCommand("BGSAVE"), within: patience)
            try await until("the save failed") {
                let info = try await client.call(RedisCommand("INFO", "persistence"), within: patience).text
                return info?.contains("rdb_last_bgsave_status:err") == true
            }
            try await expect(["SET", "k", "v"], on: client, "MISCONF", .degrade)
            #expect(try await client.facts(within: patience).generation == 1, "the connection goes on")
        }
    }

    @Test func aReplicaThatLostItsPrimary() async throws {
        try await RedisServer.with(arguments: ["--replicaof", "127.0.0.1", "1", "--replica-serve-stale-data", "no"]) {
            server in
            try await expect(["GET", "k"], on: server.client("need"), "MASTERDOWN", .retry)
        }
    }

    @Test func aServerBusyWithAScript() async throws {
        try await RedisServer.with(arguments: ["--busy-reply-threshold", "1"]) { server in
            let busy = server.client("busy")
            let client = server.client("need")
            // Connected before: a busy server takes no handshake either.
            _ = try await client.facts(within: patience)
            async let script = busy.outcome("EVAL", "while true do end", "0")
            try await until("the server is busy") {
                let reply = try await client.pipeline([RedisCommand("GET", "k")], within: patience)[0]
                guard case .error(let error) = reply else { return false }
                #expect(error.code == "BUSY" && error.kind == .retry)
                return true
            }
            _ = try await client.call(RedisCommand("SCRIPT", "KILL"), within: patience)
            _ = await script
        }
    }

    @Test func aUserWithoutRights() async throws {
        try await RedisServer.with { server in
            let client = server.client("need")
            _ = try await client.pipeline(
                [
                    RedisCommand("ACL", "SETUSER", "few", "on", ">pw", "+hello", "+auth"),
                    RedisCommand("AUTH", "few", "pw"),
                ],
                within: patience)
            try await expect(["GET", "k"], on: client, "NOPERM", .alarm)
            try await expect(["AUTH", "few", "wrong"], on: client, "WRONGPASS", .alarm)
        }
    }

    @Test func aServerThatAsksForAPassword() async throws {
        let server = try BareServer()
        let client = RedisClient(
            RedisConfiguration(address: server.address, clientName: "c", connectLimit: patience, failFast: true))
        async let call = client.outcome("GET", "k")
        try await server.answerOnce("-NOAUTH HELLO must be called with the client already authenticated\r\n")
        #expect(await call == .failure(.needsPassword(server.address)))
    }

    private func expect(
        _ words: [String], on client: RedisClient, _ code: String, _ kind: RedisErrorKind,
        at place: SourceLocation = #_sourceLocation
    ) async throws {
        let reply = try await client.pipeline([RedisCommand(words: words)], within: patience)[0]
        guard case .error(let error) = reply else {
            Issue.record("\(words) gave \(reply)", sourceLocation: place)
            return
        }
        #expect(error.code == code && error.kind == kind, "\(error)", sourceLocation: place)
    }
}
