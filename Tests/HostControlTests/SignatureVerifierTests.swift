import DeployModel
import SystemPackage
import TestSupport
import Testing

@testable import HostControl

/// What ssh-keygen itself says of real signatures.
@Suite struct SignatureVerifierTests {
    private static let text = Array("qtorder1\nfleet=lab\n".utf8)

    /// Signs and verifies in a folder with keys of its own.
    private struct Desk {
        let keys: SigningKeys
        var files: SignatureVerifier.Files { .init(allowedSigners: keys.signers, revokedKeys: keys.revoked) }

        func verify(
            _ signature: [UInt8], _ text: [UInt8] = SignatureVerifierTests.text, by name: String = "ann"
        ) async throws -> SignatureVerifier.Finding {
            try await SignatureVerifier(runner: CommandRunner()).verify(text, signature: signature, by: name, files)
        }
    }

    private func atDesk(_ body: (Desk) async throws -> Void) async throws {
        try await SigningKeys.with(["ann", "bob"]) { keys in try await body(Desk(keys: keys)) }
    }

    @Test func agoodSignatureNamesItsKey() async throws {
        try await atDesk { desk in
            let signature = try await desk.keys.sign(Self.text, by: "ann")
            let fingerprint = try await desk.keys.fingerprint("ann")
            #expect(try await desk.verify(signature) == .good(key: fingerprint))
        }
    }

    @Test func everyOtherIsToldByItsReason() async throws {
        try await atDesk { desk in
            let ann = try await desk.keys.sign(Self.text, by: "ann")
            let forGit = try await desk.keys.sign(Self.text, by: "ann", namespace: "git")
            let findings = [
                (try await desk.verify(ann, by: "bob"), "may sign for ann, not for bob"),
                (
                    try await desk.verify(try await desk.keys.sign(Self.text, by: "bob")),
                    "may sign for bob, not for ann"
                ),
                (try await desk.verify(forGit), "namespace"),
                (try await desk.verify(ann, Self.text + [10]), "incorrect"),
                (try await desk.verify(Array("rubbish".utf8)), "incomplete"), (try await desk.verify([]), "incomplete"),
                (try await desk.verify([UInt8](repeating: 65, count: 16385)), "16385 bytes"),
            ]
            for (finding, words) in findings {
                guard case .bad(let why) = finding else {
                    Issue.record("good, although \(words)")
                    continue
                }
                #expect(why.contains(words), "\(why)")
            }
        }
    }

    @Test func whoIsTakenOutOrRevokedIsRefused() async throws {
        try await atDesk { desk in
            let signature = try await desk.keys.sign(Self.text, by: "ann")
            try desk.keys.write(try desk.keys.publicKey("ann") + "\n", to: desk.keys.revoked)
            #expect(
                try await desk.verify(signature)
                    == .bad(
                        "the key that signed is revoked in \(desk.keys.revoked), or that file can't be read"))
            try desk.keys.write("", to: desk.keys.revoked)
            try desk.keys.write("bob \(try desk.keys.publicKey("bob"))\n", to: desk.keys.signers)
            #expect(
                try await desk.verify(signature)
                    == .bad(
                        "the key that signed is not in \(desk.keys.signers), or not valid now"))
        }
    }

    @Test func aRevocationFileThatIsDamagedOrMissingRefusesEverything() async throws {
        try await atDesk { desk in
            let signature = try await desk.keys.sign(Self.text, by: "ann")
            for text in ["no key at all\n", nil] {
                if let text {
                    try desk.keys.write(text, to: desk.keys.revoked)
                } else {
                    try desk.keys.remove(desk.keys.revoked)
                }
                guard case .bad = try await desk.verify(signature) else {
                    Issue.record("believed with \(text ?? "no file")")
                    continue
                }
            }
        }
    }
}
