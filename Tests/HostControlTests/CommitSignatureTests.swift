import DeployModel
import TestSupport
import Testing

@testable import HostControl

/// Signed commits, as git itself judges them by our two files.
@Suite(.timeLimit(.minutes(5))) struct CommitSignatureTests {
    private static let names = ["ann", "bob"]

    /// Why the newest commit does not count, after one was made so; nil when it does.
    private func flaw(
        _ fixture: GitFixture, _ keys: SigningKeys, by name: String?
    ) async throws -> String? {
        let signing = name.map { ["-c", "gpg.format=ssh", "-c", "user.signingkey=\(keys.file($0))"] } ?? []
        let words = signing + ["commit", "-q", "--allow-empty", "-m", "a release"] + (name == nil ? [] : ["-S"])
        try await fixture.git(words, in: fixture.tree)
        let commit = try await CommitID(fixture.git(["rev-parse", "HEAD"], in: fixture.tree))
        let files = SignatureVerifier.Files(allowedSigners: keys.signers, revokedKeys: keys.revoked)
        return try await fixture.repository().signatureFlaw(of: commit, files)
    }

    @Test func onlyWhoStandsInTheFileMaySign() async throws {
        let fixture = try await GitFixture()
        try await SigningKeys.with(Self.names) { keys in
            #expect(try await flaw(fixture, keys, by: "ann") == nil)
            #expect(try await flaw(fixture, keys, by: nil) == "it has no signature")
            try keys.write("ann \(try keys.publicKey("ann"))\n", to: keys.signers)
            #expect(try await flaw(fixture, keys, by: "bob") != nil)
            try keys.write("ann namespaces=\"qtdeploy\" \(try keys.publicKey("ann"))\n", to: keys.signers)
            let other = try await flaw(fixture, keys, by: "ann")
            #expect(other?.isEmpty == false, "a key for orders alone signs no commit")
            try keys.write("ann \(try keys.publicKey("ann"))\n", to: keys.signers)
            try keys.write(try keys.publicKey("ann") + "\n", to: keys.revoked)
            #expect(try await flaw(fixture, keys, by: "ann") != nil, "revoked")
        }
    }

    /// What the repository itself says of signatures must not count.
    @Test func theRepositoryHasNoSayInIt() async throws {
        let fixture = try await GitFixture()
        try await SigningKeys.with(Self.names) { keys in
            try keys.write("ann \(try keys.publicKey("ann"))\n", to: keys.signers)
            let own = keys.file("own_signers")
            try keys.write("bob \(try keys.publicKey("bob"))\n", to: own)
            for (key, value) in [
                ("gpg.ssh.allowedSignersFile", own), ("gpg.ssh.program", "/bin/true"), ("gpg.minTrustLevel", "never"),
                ("gpg.ssh.revocationFile", "/dev/null"),
            ] { try await fixture.git(["config", key, value], in: fixture.tree) }
            #expect(try await flaw(fixture, keys, by: nil) != nil)
            // git signs by the same key of its configuration.
            try await fixture.git(["config", "gpg.ssh.program", "/usr/bin/ssh-keygen"], in: fixture.tree)
            #expect(try await flaw(fixture, keys, by: "bob") != nil)
            #expect(try await flaw(fixture, keys, by: "ann") == nil)
        }
    }
}
