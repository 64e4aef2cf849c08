import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import RedisClient

/// What is said of files before the first connection.
@Suite struct RedisTLSFilesTests {
    private let address = RedisAddress.tcp(host: "redis.test", port: 6380)

    private func words(_ files: RedisTLS.Files, to address: RedisAddress? = nil) -> String {
        let error = #expect(throws: RedisError.self) { try RedisTLS(files, to: address ?? self.address) }
        #expect(error?.mayPass == false)
        return error?.description ?? ""
    }

    @Test func everyBadFileIsNamedWithTheRemedy() async throws {
        try await TemporaryFolder.with { folder in
            let good = try await Certificates(in: folder)
            let own = try await good.sign("agent", for: "DNS:agent")
            let strange = try await good.sign("strange", for: "DNS:strange")
            func file(_ name: String, _ text: String) throws -> String {
                let path = folder.appending(name).string
                let file = try #require(fopen(path, "w"))
                fputs(text, file)
                fclose(file)
                chmod(path, 0o600)
                return path
            }
            func key(_ path: String, for certificate: String) -> String {
                words(.init(authorities: good.authority, certificate: certificate, key: path))
            }
            #expect(words(.init(authorities: "/nowhere/ca.pem")) == "/nowhere/ca.pem does not exist")
            #expect(words(.init(authorities: folder.string)).hasSuffix("is no regular file"))
            let empty = try file("empty", "")
            #expect(words(.init(authorities: empty)).contains("holds no certificate in PEM"))
            #expect(words(.init(authorities: own.key)).contains("holds no certificate in PEM"))
            let broken = try file("broken", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
            #expect(words(.init(authorities: broken)).contains("a broken one"))
            let large = try file("large", String(repeating: "x", count: (1 << 20) + 1))
            #expect(words(.init(authorities: large)).contains("more than 1048576 bytes"))
            let other = try file("other", "x")
            #expect(key(other, for: own.certificate).contains("holds no private key"))
            #expect(key("/nowhere/key.pem", for: own.certificate) == "/nowhere/key.pem does not exist")
            #expect(
                key(strange.key, for: own.certificate).contains("does not fit the certificate in \(own.certificate)"))
            #expect(words(.init(authorities: good.authority, key: own.key)).contains("stands alone"))
            chmod(own.key, 0o644)
            #expect(key(own.key, for: own.certificate).contains("run: chmod "))
        }
    }

    @Test(
        arguments: [
            (1000, 1000, 0o600, nil), (1000, 1000, 0o400, nil), (1000, 0, 0o640, nil), (0, 0, 0o640, nil),
            (1000, 1000, 0o640, "chmod 600"), (0, 0, 0o660, "chmod 640"), (0, 0, 0o644, "chmod 640"),
            (1000, 1000, 0o604, "chmod 600"), (0, 1000, 0o600, "chown root"), (1000, 1001, 0o644, "chown"),
        ] as [(UInt32, UInt32, UInt32, String?)])
    func aKeyIsOursAlone(user: UInt32, owner: UInt32, mode: UInt32, remedy: String?) {
        let problem = PEMFile.problem(ofKey: "/k", mode: mode, owner: owner, user: user)
        #expect((problem == nil) == (remedy == nil))
        if let remedy { #expect(problem?.contains(remedy) == true, "\(problem ?? "")") }
    }

    @Test func tlsIsForNamesAndPorts() async throws {
        try await TemporaryFolder.with { folder in
            let authority = try await Certificates(in: folder).authority
            let files = RedisTLS.Files(authorities: authority)
            #expect(words(files, to: .unix(path: "/run/redis.sock")).contains("a unix socket goes without"))
            for name in ["10.0.0.1", "::1", "a b", "", "\u{e9}"] {
                #expect(words(.init(authorities: authority, serverName: name)).contains("is a host name"))
            }
            let named = try RedisTLS(files, to: address)
            #expect(named.name == "redis.test")
            for host in ["10.0.0.1", "::1", "fe80::1%eth0"] {
                let literal = try RedisTLS(files, to: .tcp(host: host, port: 1))
                #expect(literal.name == nil)
            }
        }
    }

    @Test(arguments: [
        ("redis.test", "redis.test", true), ("Redis.Test", "redis.tesT", true), ("redis.test.", "redis.test", true),
        ("*.test", "redis.test", true), ("*.test", "a.redis.test", false), ("*.test", "test", false),
        ("*.test", ".test", false), ("*", "redis", false), ("r*.test", "redis.test", false),
        ("redis.test", "redis.test.evil", false), ("", "redis", false), ("a.*", "a.b", false),
    ])
    func namesThatCover(pattern: String, name: String, covers: Bool) {
        #expect(RedisTLSHandler.covers(pattern, name) == covers)
    }

    @Test func theBoundsOfACertificateTellWhatIsWrong() {
        func fault(at now: Int64) -> RedisTLSFault { .ofCertificate(from: 100, to: 200, now: now, authorities: "/ca") }
        #expect(fault(at: 201) == .expired(at: 200) && !fault(at: 201).mayPass)
        #expect(fault(at: 99) == .notYetValid(from: 100) && fault(at: 99).mayPass)
        #expect(fault(at: 150) == .untrusted(authorities: "/ca"))
        #expect(fault(at: 201).description.contains("1970-01-01 00:03 UTC"))
    }
}
