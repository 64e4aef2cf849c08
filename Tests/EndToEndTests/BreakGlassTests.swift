import TestSupport
import Testing

extension LabTests {
    /// `qtagent deploy`: by hand on a host, with Redis killed, held by others, or as it should be.
    @Suite(.serialized) struct BreakGlassTests {
        let fleet = LabFleet()
        var lab: Lab { fleet.lab }
        private static let service = LabFleet.services[0]

        // MARK: - with Redis away

        @Test func redisIsAwayAndTheHostIsDeployedAndPublishedOnce() async throws {
            try await fleet.deployGood(host: "h1")
            let commit = try await release("while Redis is away")
            try await lab.run("redis", "kill")
            let answer = try await deploy("h1", commit)
            #expect(answer.code == 0, "\(answer)")
            #expect(answer.errors.contains("going on without one"), "\(answer)")
            #expect(answer.output.contains("the report waits in /var/lib/qtagent/spool"), "\(answer)")
            #expect(try await fleet.picture("h1").head == commit)
            let name = try name(in: answer)
            let own = try await lab.on("h1", "journalctl -q -t qtagent -o cat | grep '^break-glass \(name)'")
            #expect(own.contains("begins: \(commit)") && own.contains("ends: verified"), "\(own)")
            // Another life of the agent finds the report too.
            try await lab.on("h1", "systemctl restart qtagent")
            try await lab.run("redis", "start")
            #expect(try await isPublished(name, verdicts: ["verified", "verified"]))
            #expect(try await fleet.runs(commit, on: "h1"))
            #expect(try await lab.run("redis-cli", "HGET", "{qt:lab}:service:\(Self.service)", "verified:h1") == commit)
            let shown = try await lab.answer("qtctl", "show", name, "--evidence")
            #expect(shown.code == 0 && shown.output.contains("by hand on h1"), "\(shown)")
            #expect(
                shown.output.contains("by operator") && shown.output.contains("reason: Redis is broken"), "\(shown)")
            #expect(try await lab.run("qtctl", "rollouts").contains(String(name.prefix(11))))
            try await lab.on("h1", "systemctl restart qtagent")
            try await fleet.waitForAgent("h1")
            #expect(try await isPublished(name, verdicts: ["verified", "verified"]))
            // What comes next knows what runs.
            let next = try await fleet.deployGood(host: "h1")
            #expect(try await fleet.picture("h1").head == next)
        }

        // MARK: - with Redis there

        @Test func aBrokenReleaseIsRevertedAndPublishedAtOnce() async throws {
            let good = try await fleet.deployGood(host: "h1")
            let commit = try await release("broken", kind: "crash-at-start")
            let answer = try await deploy("h1", commit)
            #expect(answer.code == 4, "\(answer)")
            #expect(answer.errors.contains("lease: free"), "\(answer)")
            #expect(answer.output.contains("the previous commit runs again, verified"), "\(answer)")
            #expect(answer.output.contains("published: qtctl show bg-"), "\(answer)")
            #expect(try await isPublished(try name(in: answer), verdicts: ["reverted", "reverted"]))
            #expect(try await fleet.picture("h1").head == good)
            #expect(try await lab.run("redis-cli", "HGET", "{qt:lab}:service:\(Self.service)", "verified:h1") == good)
            #expect(try await lab.run("redis-cli", "EXISTS", "{qt:lab}:lease:\(Self.service)") == "0")
        }

        @Test func whatIsRefusedTouchesNothing() async throws {
            let old = try await fleet.deployGood(host: "h1")
            let good = try await fleet.deployGood(host: "h1")
            let before = try await fleet.picture("h1")
            let absent = String(repeating: "d", count: 40)
            let jobs = try await lab.on("h1", "ls /var/lib/qtagent/jobs /var/lib/qtagent/spool")
            let reason = ["--reason", "no reason"]
            let cases: [(words: [String], code: Int32, said: String)] = [
                (["deploy", "quantum-aply-layer", "--commit", good, "--yes"] + reason, 5, "known here"),
                (["deploy", Self.service, "--commit", absent, "--yes"] + reason, 5, "commit_unknown"),
                (["deploy", Self.service, "--commit", old, "--yes"] + reason, 5, "--allow-downgrade"),
                (["deploy", Self.service, "--commit", good] + reason, 2, "--yes"),
                (["deploy", Self.service, "--commit", good, "--yes"], 2, "--reason"),
                (["deploy", "--commit", good, "--yes"] + reason, 2, "name the services"),
                (["deploy", Self.service, "--commit", "abc", "--yes"] + reason, 2, "commit"),
                (["plan", "nobody"], 5, "known here"), (["verify", "nobody"], 5, "known here"),
            ]
            for one in cases {
                let answer = try await lab.answer(["exec", "h1", "--", "qtagent"] + one.words)
                #expect(answer.code == one.code && answer.errors.contains(one.said), "\(one.words): \(answer)")
            }
            let person = ["exec", "h1", "--", "setpriv", "--reuid", "qt", "--clear-groups", "qtagent", "plan"]
            let answer = try await lab.answer(person)
            #expect(answer.code == 2 && answer.errors.contains("sudo"), "\(answer)")
            #expect(try await fleet.picture("h1") == before)
            #expect(try await lab.on("h1", "ls /var/lib/qtagent/jobs /var/lib/qtagent/spool") == jobs)
        }

        @Test func aPersonIsAskedAndMaySayNo() async throws {
            let good = try await fleet.deployGood(host: "h1")
            let before = try await fleet.picture("h1")
            let commit = try await release("not today")
            let words = "qtagent deploy \(Self.service) --commit \(commit) --reason asked"
            let said = try await lab.answer([
                "exec", "h1", "--", "/bin/sh", "-c", "echo n | script -qec '\(words)' /dev/null",
            ])
            #expect(said.code == 5, "\(said)")
            #expect(said.output.contains("1 commit ahead: not today") && said.output.contains("[y/N]"), "\(said)")
            #expect(said.output.contains("nothing was touched"), "\(said)")
            #expect(try await fleet.picture("h1") == before && before.head == good)
        }

        /// A rollout is under way on another host, and then on this one.
        @Test func whoHoldsTheLeaseIsSaidAndNotWaitedFor() async throws {
            let h2 = HeldHost(fleet: fleet, name: "h2")
            try await fleet.deployGood()
            try await h2.holdInPrepare()
            let commit = try await release("twice at once")
            let (submitted, summary) = try await fleet.qtctl(
                "deploy", "--all", "--host", "h2", "--yes", "--detach", "-m", "the other one")
            let rollout = try #require(summary?.rollout, "\(submitted)")
            try await h2.reaches(rollout, "checkout_done")
            let answer = try await deploy("h1", commit)
            #expect(answer.code == 0, "\(answer)")
            let holder = "held by rollout \(rollout.prefix(8)) of operator"
            #expect(answer.errors.contains(holder) && answer.errors.contains("the other one"), "\(answer)")
            let beside = try await deploy("h2", commit)
            #expect(beside.code == 5, "\(beside)")
            #expect(beside.errors.contains("rollout \(rollout.prefix(8)) of operator"), "\(beside)")
            try await h2.release()
            let (followed, _) = try await fleet.qtctl("follow", rollout)
            #expect(followed.code == 0, "\(followed)")
            try await h2.clean()
            try await fleet.waitForAgent("h2")
        }

        // MARK: - cut short

        /// The agent runs on: it sees that a job by hand has lost its process, and brings it to its end.
        @Test(arguments: [("checkout_moved", "failed"), ("restart_begun", "verified"), ("spooled", "verified")])
        func aKilledDeploymentIsRecoveredAndPublished(point: String, verdict: String) async throws {
            let good = try await fleet.deployGood(host: "h1")
            let commit = try await release("killed at \(point)")
            let answer = try await deploy("h1", commit, failpoint: "\(point):kill")
            #expect(answer.code == 137, "\(answer)")
            #expect(try await isPublished(try name(in: answer), verdicts: [verdict, verdict]))
            #expect(try await fleet.runs(verdict == "verified" ? commit : good, on: "h1"))
            #expect(try await lab.on("h1", "ls /var/lib/qtagent/interlock /var/lib/qtagent/spool") == Self.emptyFolders)
        }

        private static let emptyFolders = "/var/lib/qtagent/interlock:\n\n/var/lib/qtagent/spool:"

        /// While it runs nobody comes between: not an agent that starts, not a second one, not an order.
        @Test func aLivingDeploymentIsLeftAlone() async throws {
            try await fleet.deployGood(host: "h1")
            let commit = try await release("alone")
            async let answer = deploy("h1", commit, failpoint: "checkout_done:wait")
            try await waitForFailpoint("h1", "checkout_done")
            try await lab.on("h1", "systemctl restart qtagent")
            #expect(try await HeldHost(fleet: fleet, name: "h1").says("a job is carried out by another process"))
            let second = try await deploy("h1", commit)
            #expect(second.code == 5 && second.errors.contains("path_locked"), "\(second)")
            let (ordered, _) = try await fleet.qtctl("deploy", "--all", "--host", "h2", "--yes", "-m", "meanwhile")
            #expect(ordered.code == 5 && ordered.output.contains("service_busy"), "\(ordered)")
            #expect(ordered.output.contains("break-glass bg-"), "\(ordered)")
            try await lab.on("h1", "rm /tmp/failpoint")
            let ended = try await answer
            #expect(ended.code == 0, "\(ended)")
            #expect(try await isPublished(try name(in: ended), verdicts: ["verified", "verified"]))
        }

        @Test func ctrlCBeforeTheFirstRestartPutsTheCommitBack() async throws {
            let good = try await fleet.deployGood(host: "h1")
            let before = try await fleet.picture("h1")
            let commit = try await release("interrupted")
            async let answer = deploy("h1", commit, failpoint: "checkout_done:wait")
            try await waitForFailpoint("h1", "checkout_done")
            #expect(try await fleet.picture("h1").head == commit)
            try await lab.on(
                "h1",
                "kill -INT $(cat /tmp/by-hand.pid); until grep -q '^interrupted' /tmp/by-hand; do sleep 0.1; done")
            try await lab.on("h1", "rm /tmp/failpoint")
            let ended = try await answer
            #expect(ended.code == 4, "\(ended)")
            #expect(ended.output.contains("the checkout is as it was"), "\(ended)")
            #expect(try await fleet.picture("h1") == before && before.head == good)
            #expect(try await isPublished(try name(in: ended), verdicts: ["failed", "failed"]))
        }

        // MARK: - one deployment

        /// A commit on the origin that every host has not.
        private func release(_ message: String, kind: String? = nil) async throws -> String {
            let words = ["commit", "--message", message] + (kind.map { ["--break", $0] } ?? [])
            let said = try await lab.answer(words)
            try #require(said.code == 0, "\(said)")
            return said.output.split(separator: "\n").last.map(String.init) ?? ""
        }

        /// Deploys by hand on a host. What it says also stands in `/tmp/by-hand` there.
        private func deploy(_ host: String, _ commit: String, failpoint: String = "") async throws -> Lab.Answer {
            let script = """
                echo $$ > /tmp/by-hand.pid
                exec qtagent deploy "$@" 2> >(exec tee /tmp/by-hand >&2)
                """
            return try await lab.answer([
                "exec", host, "--", "env", "SUDO_USER=operator", "QT_FAILPOINT=\(failpoint)", "/bin/bash", "-c", script,
                "bash",
                Self.service, "--commit", commit, "--reason", "Redis is broken", "--yes",
            ])
        }

        /// `bg-` and the short id stand in the first lines; the whole one in the journal's name.
        private func name(in answer: Lab.Answer) throws -> String {
            let match = try #require((answer.errors + answer.output).firstMatch(of: /bg-[0-9a-f]{8}/), "\(answer)")
            return String(match.output)
        }

        /// Waits until results and audit have a deployment, once each.
        private func isPublished(_ name: String, verdicts: [String]) async throws -> Bool {
            try await lab.eventually {
                let results = try await entries("results", name).filter { $0.hasPrefix("verdict ") }
                let ends = try await entries("audit", name).filter { $0.hasPrefix("to ") && $0 != "to begun" }
                return results == verdicts.map { "verdict \($0)" } && ends == ["to \(verdicts[0])"]
            }
        }

        /// The fields of a stream's entries that name a deployment: `field value`.
        private func entries(_ stream: String, _ name: String) async throws -> [String] {
            let answer = try await lab.answer("redis-cli", "XREVRANGE", "{qt:lab}:\(stream)", "+", "-", "COUNT", "40")
            let lines = answer.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            var fields: [String] = []
            var isOurs = false
            for (field, value) in zip(lines, lines.dropFirst()) {
                if field == "rollout" { isOurs = value.hasPrefix(name) }
                if isOurs { fields.append("\(field) \(value)") }
            }
            return fields
        }

        private func waitForFailpoint(_ host: String, _ point: String) async throws {
            let isThere = try await lab.eventually { try await lab.on(host, "cat /tmp/failpoint || true") == point }
            try #require(isThere, "the boundary was not reached")
        }
    }
}
