import Coordination
import DeployModel
import Glibc
import HostControl
import SystemPackage
import TestSupport
import Testing

@testable import DeployAgent

/// Who may, by real keys.
@Suite(.timeLimit(.minutes(10))) struct OrderTrustTests {
    private static let order = AdmissionTests.order()

    private func trust(_ keys: SigningKeys) -> OrderTrust {
        OrderTrust(
            settings: .required(allowedSigners: keys.signers, revokedKeys: keys.revoked), runner: CommandRunner())
    }

    @Test func anOrderOfItsOperatorCounts() async throws {
        try await SigningKeys.with(["ann"]) { keys in
            let (text, trust) = (Self.order.text, trust(keys))
            let signature = try await keys.sign(text, by: "ann")
            let verified = try await trust.judge(Self.order, text: text, signature: signature)
            #expect(verified.order == Self.order)
            let key = try await keys.fingerprint("ann")
            #expect(verified.ground == .signed(key: key, text: text, signature: signature))
            try await trust.confirm(verified)
        }
    }

    @Test func nobodyElsesDoes() async throws {
        try await SigningKeys.with(["ann", "bob"]) { keys in
            let text = Self.order.text
            let signatures = [
                (Rule.signatureRequired, []), (.signatureWrong, try await keys.sign(text, by: "bob")),
                (.signatureWrong, try await keys.sign(text, by: "ann", namespace: "git")),
                (.signatureWrong, try await keys.sign(text + [10], by: "ann")),
            ]
            for (rule, signature) in signatures {
                let refusal = await #expect(throws: Refusal.self) {
                    try await trust(keys).judge(Self.order, text: text, signature: signature)
                }
                #expect(refusal?.rule == rule)
                #expect(refusal?.rule.isPermission == true)
            }
        }
    }

    /// Most flips are no order any more; of those that are one, none may count. The admission asks in the same order.
    @Test func noFlippedBitOfASignedOrderGetsThrough() async throws {
        try await SigningKeys.with(["ann"]) { keys in
            let (text, trust) = (Self.order.text, trust(keys))
            let signature = try await keys.sign(text, by: "ann")
            var (refused, judged) = (0, 0)
            for place in text.indices {
                for bit in 0..<8 {
                    var flipped = text
                    flipped[place] ^= 1 << bit
                    guard let order = try? Order(text: flipped) else {
                        refused += 1
                        continue
                    }
                    judged += 1
                    let refusal = await #expect(throws: Refusal.self, "byte \(place), bit \(bit)") {
                        try await trust.judge(order, text: flipped, signature: signature)
                    }
                    #expect(refusal?.rule == .signatureWrong)
                }
            }
            #expect(refused + judged == text.count * 8 && judged > 100)
        }
    }

    @Test func whoIsRevokedBetweenAdmissionAndCheckoutIsRefusedThere() async throws {
        try await SigningKeys.with(["ann"]) { keys in
            let (text, trust) = (Self.order.text, trust(keys))
            let verified = try await trust.judge(
                Self.order, text: text, signature: try await keys.sign(text, by: "ann"))
            try keys.write(try keys.publicKey("ann") + "\n", to: keys.revoked)
            let refusal = await #expect(throws: Refusal.self) { try await trust.confirm(verified) }
            #expect(refusal?.rule == .signatureWrong && refusal?.message.contains("revoked") == true)
        }
    }

    /// What is done to the files, one behind the other, and what is then said.
    private static let spoils: [(String, @Sendable (SigningKeys) throws -> Void)] = [
        ("chmod go-w", { keys in chmod(keys.signers, 0o664) }),
        (
            "chmod go-w",
            { keys in
                chmod(keys.signers, 0o644)
                chmod(keys.revoked, 0o666)
            }
        ),
        (
            "chmod go-w",
            { keys in
                chmod(keys.revoked, 0o644)
                chmod(keys.folder.string, 0o777)
            }
        ),
        (
            ":1: ",
            { keys in
                chmod(keys.folder.string, 0o700)
                try keys.write("ann rubbish\n", to: keys.signers)
            }
        ), ("names nobody", { keys in try keys.write("", to: keys.signers) }),
        (
            "not a regular file",
            { keys in
                try keys.remove(keys.signers)
                mkdir(keys.signers, 0o755)
            }
        ), ("can't be found", { keys in rmdir(keys.signers) }),
    ]

    @Test func whatOthersMayWriteOrNobodyCanReadDecidesNothing() async throws {
        try await SigningKeys.with(["ann"]) { keys in
            let text = Self.order.text
            let signature = try await keys.sign(text, by: "ann")
            for (words, spoil) in Self.spoils {
                try spoil(keys)
                let refusal = await #expect(throws: Refusal.self) {
                    try await trust(keys).judge(Self.order, text: text, signature: signature)
                }
                #expect(refusal?.rule == .trustUnusable, "\(words)")
                #expect(refusal?.message.contains(words) == true, "\(refusal.map(String.init(describing:)) ?? "")")
            }
        }
    }

    @Test func withSignaturesOffAnUnsignedOrderCountsAndSaysSo() async throws {
        let trust = OrderTrust(settings: .off, runner: CommandRunner())
        let verified = try await trust.judge(Self.order, text: Self.order.text, signature: [])
        #expect(verified.ground == .unsigned)
        try await trust.confirm(verified)
    }

    /// A link may be turned by who writes its folder, whatever it names.
    @Test func aLinkInAnOpenFolderIsNotBelieved() async throws {
        try await SigningKeys.with(["ann"]) { keys in
            let open = keys.folder.appending("open").string
            mkdir(open, 0o700)
            #expect(symlink(keys.signers, open + "/link") == 0)
            try TrustedFile.require(open + "/link")
            chmod(open, 0o777)
            #expect(throws: (any Error).self) { try TrustedFile.require(open + "/link") }
        }
    }
}
