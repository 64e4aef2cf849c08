import Testing

@testable import RedisClient

@Suite struct HandshakeTests {
    private let address = RedisAddress.tcp(host: "h", port: 1)

    private func hello(version: String = "7.0.15", role: String? = "master", mode: String = "standalone") -> RedisValue
    {
        var fields = ["server", "redis", "version", version, "mode", mode]
        if let role { fields += ["role", role] }
        return .array(fields.map { .bulk(Array($0.utf8)) } + [.bulk(Array("modules".utf8)), .array([])])
    }

    private func handshake(username: String? = nil, requiresPrimary: Bool = true) -> Handshake {
        Handshake(
            RedisConfiguration(
                address: address, username: username, clientName: "c", requiresPrimary: requiresPrimary), generation: 7)
    }

    private func error(_ message: String) -> RedisValue { .error(RedisReplyError(message: message)) }

    private let info = RedisValue.bulk(Array("# Server\r\nredis_version:7.0.15\r\nrun_id:abc\r\n".utf8))

    @Test func twoRepliesMakeTheFacts() {
        var handshake = handshake()
        #expect(handshake.receive(hello()) == .more)
        let facts = RedisServerFacts(
            version: RedisVersion(7, 0, 15), role: .primary, mode: "standalone", runID: "abc", generation: 7)
        #expect(handshake.receive(info) == .done(facts))
    }

    @Test func aReplicaIsTakenOnlyWhereItMayBe() {
        var strict = handshake()
        #expect(strict.receive(hello(role: "replica")) == .refused(.isReplica(address)))
        var lenient = handshake(requiresPrimary: false)
        #expect(lenient.receive(hello(role: "replica")) == .more)
    }

    @Test func anOlderServerIsRefusedByName() {
        var handshake = handshake()
        let old = RedisError.serverTooOld(address, version: "6.2.14", minimum: RedisVersion(7, 0))
        #expect(handshake.receive(hello(version: "6.2.14")) == .refused(old))
        #expect(old.description == "Redis at h:1 is version 6.2.14; 7.0.0 or later is needed: upgrade the server")
    }

    @Test func errorsHaveTheirNames() {
        let user = "u"
        let cases: [(String, RedisError)] = [
            ("NOAUTH HELLO must be called with the client already authenticated", .needsPassword(address)),
            ("WRONGPASS invalid username-password pair", .wrongPassword(address, username: user)),
            ("NOPERM no hello", .notPermitted(address, username: user, message: "NOPERM no hello")),
            (
                "ERR unknown command `HELLO`",
                .serverTooOld(address, version: "before 6.0", minimum: RedisVersion(7, 0))
            ),
            (
                "DENIED Redis is running in protected mode",
                .handshakeRefused(address, RedisReplyError(message: "DENIED Redis is running in protected mode"))
            ),
        ]
        for (message, expected) in cases {
            var handshake = handshake(username: user)
            #expect(handshake.receive(error(message)) == .refused(expected))
        }
        var second = handshake(username: user)
        _ = second.receive(hello())
        let denied = RedisError.notPermitted(address, username: user, message: "NOPERM no info")
        #expect(second.receive(error("NOPERM no info")) == .refused(denied))
    }

    @Test func nonsenseIsAViolation() {
        for value in [
            .null, .integer(1), .array([]), .array([.null]), hello(version: "x"), hello(role: nil), hello(role: "x"),
        ] {
            var handshake = handshake()
            guard case .refused(.protocolViolation) = handshake.receive(value) else {
                Issue.record("\(value) was taken")
                continue
            }
        }
        for value in [.null, .status("x"), .bulk(Array("run_id:\r\n".utf8)), .bulk([0xff])] as [RedisValue] {
            var handshake = handshake()
            _ = handshake.receive(hello())
            #expect(handshake.receive(value) == .refused(.protocolViolation("INFO server names no run_id")))
        }
    }

    @Test(arguments: [
        ("7.0", RedisVersion(7, 0)), ("7.2.4", RedisVersion(7, 2, 4)), ("8.0.0-rc1", RedisVersion(8, 0, 0)),
        ("255.255.255", RedisVersion(255, 255, 255)), ("7", nil), ("", nil), ("x.y", nil), ("7.-1", nil), ("7.0.", nil),
        ("7.0.99999999999999999999", nil),
    ])
    func versions(text: String, version: RedisVersion?) {
        #expect(RedisVersion(parsing: text) == version)
    }

    @Test func versionsAreOrderedByNumber() {
        #expect(RedisVersion(7, 0, 9) < RedisVersion(7, 0, 15) && RedisVersion(7, 10) > RedisVersion(7, 9, 9))
    }
}
