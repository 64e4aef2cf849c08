import TestSupport
import Testing

/// qtctl through TLS, as a shell starts it.
@Suite struct QtctlTLSTests {
    @Test func aFleetIsSeenThroughTLSAndNotWithout() async throws {
        try await TemporaryFolder.with { folder in
            let certificates = try await Certificates(in: folder)
            let pair = try await certificates.sign("redis", for: "IP:127.0.0.1")
            let tls = RedisServer.TLS(pair: pair, authority: certificates.authority)
            try await RedisServer.with(tls: tls) { server in
                let address = try #require(server.tcpAddress)
                var variables = ["QTCTL_FLEET": "a", "QTCTL_SIGNATURES": "off", "QTCTL_REDIS": "\(address)"]
                let plain = await Qtctl.run("qtctl rollouts 2>&1", variables)
                #expect(plain.code == 1 && plain.output.contains("TLS"), "\(plain.output)")
                variables["QTCTL_REDIS_TLS_CA_FILE"] = certificates.authority
                let secure = await Qtctl.run("qtctl rollouts 2>&1", variables)
                #expect(secure.code == 0, "\(secure.output)")
                variables["QTCTL_REDIS_TLS_SERVER_NAME"] = "other.test"
                let wrong = await Qtctl.run("qtctl rollouts 2>&1", variables)
                #expect(wrong.code == 1 && wrong.output.contains("not for other.test"), "\(wrong.output)")
                variables["QTCTL_REDIS_TLS_CA_FILE"] = "/nowhere.pem"
                let missing = await Qtctl.run("qtctl rollouts 2>&1", variables)
                #expect(missing.code == 2, "a usage error, before any connection")
                #expect(missing.output.contains("QTCTL_REDIS_TLS_CA_FILE: /nowhere.pem does not exist"))
            }
        }
    }
}
