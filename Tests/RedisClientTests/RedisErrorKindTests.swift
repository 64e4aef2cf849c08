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

    @Test func aServerInNeed() async throws {
        try await RedisServer.with { server in
            let client = server.client("need")
            for (setting, value, code) in [("maxmemory", "1", "OOM"), ("min-replicas-to-write", "1", "NOREPLICAS")] {
                _ = try await client.call(RedisCommand("CONFIG", "SET", setting, value), within: patience)
                let reply = try await client.pipeline([RedisCommand("SET", "k", "v")], within: patience)[0]
                guard case .error(let error) = reply else {
                    Issue.record("\(setting) gave \(reply)")
                    continue
                }
                #expect(error.code == code && error.kind == .degrade)
                _ = try await client.call(RedisCommand("CONFIG", "SET", setting, "0"), within: patience)
            }
        }
    }
}
