import Coordination
import DeployModel
import DeployProtocol
import RedisClient
import TestSupport
import Testing

extension LabTests {
    /// What a host does with orders that somebody else than an operator wrote into Redis, with its full password.
    @Suite(.serialized) struct SignatureTests {
        let fleet = LabFleet()
        var h1: HeldHost { HeldHost(fleet: fleet, name: "h1") }

        private func state<Result>(_ body: (Fleet, RedisClient) async throws -> Result) async throws -> Result {
            let redis = fleet.redis()
            let result = try await body(Fleet(name: LabFleet.name, redis: redis), redis)
            await redis.close()
            return result
        }

        /// An order for h1 to a new commit.
        private func order() async throws -> Order {
            let head = try await fleet.deployGood(host: "h1")
            let commit = try await fleet.lab.run("commit", "--message", "not wanted")
            return try await state { state, _ in
                try fleet.order(["h1"], from: head, to: commit, at: try await state.serverTime())
            }
        }

        /// Submits it and expects that h1 refuses it by this rule, with nothing touched.
        private func isRefused(_ order: Order, _ signature: [UInt8], _ rule: Rule, _ words: String) async throws {
            let before = try await fleet.picture("h1")
            let reply = try await state { state, _ in try await state.submit(order, signature: signature) }
            #expect(reply == .taken)
            let (answer, summary) = try await fleet.qtctl("follow", order.id.text)
            #expect(answer.code == 9, "\(answer)")
            #expect(summary?.verdicts(of: "h1") == ["refused", "refused"], "\(answer)")
            #expect(summary?.targets?.allSatisfy { $0.rule == rule.rawValue } == true, "\(answer)")
            #expect(summary?.targets?.first?.error?.contains(words) == true, "\(answer)")
            #expect(try await fleet.picture("h1") == before)
        }

        @Test func anUnsignedOrderIsRefused() async throws {
            try await isRefused(try await order(), [], .signatureRequired, "not signed")
        }

        @Test func aSignatureOfSomebodyElseIsRefused() async throws {
            let order = try await order()
            try await SigningKeys.with(["operator"]) { keys in
                let signature = try await keys.sign(order.text, by: "operator")
                try await isRefused(order, signature, .signatureWrong, "is not in /etc/qtagent/allowed_signers")
            }
        }

        @Test func anAlteredOrderIsRefused() async throws {
            var order = try await order()
            let signature = try await fleet.sign(order)
            order.reason = try Reason("another reason")
            try await isRefused(order, signature, .signatureWrong, "incorrect signature")
        }

        @Test func theOperatorsOwnOrderIsCarriedOut() async throws {
            let order = try await order()
            let signature = try await fleet.sign(order)
            let reply = try await state { state, _ in try await state.submit(order, signature: signature) }
            #expect(reply == .taken)
            let (answer, summary) = try await fleet.qtctl("follow", order.id.text)
            #expect(answer.code == 0 && summary?.verdicts(of: "h1") == ["verified", "verified"], "\(answer)")
            #expect(try await fleet.picture("h1").head == order.commit.text)
            #expect(try await h1.says("ground=\"signed by SHA256:"))
        }

        @Test func whatOthersCouldHaveWrittenIsNoTrust() async throws {
            let order = try await order()
            let signature = try await fleet.sign(order)
            try await h1.on("chmod o+w /etc/qtagent/allowed_signers")
            try await isRefused(order, signature, .trustUnusable, "chmod go-w /etc/qtagent/allowed_signers")
            try await h1.on("chmod o-w /etc/qtagent/allowed_signers")
        }

        /// The first host is at work; on the others the key is revoked meanwhile.
        @Test func aKeyRevokedBetweenTwoHostsStopsTheRollout() async throws {
            try await fleet.deployGood()
            let commit = try await fleet.lab.run("commit", "--message", "signed by a lost key")
            let before = try await fleet.pictures()
            let host = h1
            try await host.holdInPrepare()
            let submitted = try await fleet.qtctl("deploy", "--all", "--yes", "--detach")
            let rollout = try #require(submitted.summary?.rollout, "\(submitted.answer)")
            try await host.reaches(rollout, "prepare_begun")
            for name in ["h2", "h3"] { try await revoke(on: name) }
            try await host.release()
            let (answer, summary) = try await fleet.qtctl("follow", rollout)
            for name in ["h2", "h3"] { try await forgive(on: name) }
            try await host.clean()
            #expect(answer.code == 3, "one host is changed, so the fleet is not as it was: \(answer)")
            #expect(summary?.verdicts(of: "h1") == ["verified", "verified"], "\(answer)")
            #expect(summary?.verdicts(of: "h2") == ["refused", "refused"], "\(answer)")
            #expect(summary?.verdicts(of: "h3") == ["skipped", "skipped"], "\(answer)")
            let after = try await fleet.pictures()
            #expect(after[0].head == commit && after[1...] == before[1...])
            try await fleet.waitForAgent("h1")
        }

        /// Behind the checkout and before the first restart: the host goes back, and nothing was restarted.
        @Test func aKeyRevokedBehindTheCheckoutTakesItBack() async throws {
            try await fleet.deployGood(host: "h1")
            try await fleet.lab.run("commit", "--message", "signed by a lost key")
            let before = try await fleet.picture("h1")
            let host = h1
            try await host.holdInPrepare()
            let (answer, summary) = try await fleet.qtctl("deploy", "--all", "--host", "h1", "--yes", "--detach")
            let rollout = try #require(summary?.rollout, "\(answer)")
            try await host.reaches(rollout, "prepare_begun")
            try await revoke(on: "h1")
            try await host.release()
            let followed = try await fleet.qtctl("follow", rollout)
            try await forgive(on: "h1")
            try await host.clean()
            #expect(followed.summary?.verdicts(of: "h1") == ["failed", "failed"], "\(followed.answer)")
            #expect(followed.summary?.targets?.first?.rule == "signature_wrong", "\(followed.answer)")
            #expect(try await fleet.picture("h1") == before)
            try await fleet.waitForAgent("h1")
        }

        private func revoke(on host: String) async throws {
            try await fleet.lab.on(
                host, "grep -v '^#' /etc/qtagent/allowed_signers | grep -o 'ssh-ed25519 .*' > /etc/qtagent/revoked_keys"
            )
        }

        private func forgive(on host: String) async throws {
            try await fleet.lab.on(host, ": > /etc/qtagent/revoked_keys")
        }
    }
}
