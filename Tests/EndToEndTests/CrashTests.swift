import TestSupport
import Testing

extension LabTests {
    /// What a SIGKILL at a bad moment leaves behind.
    @Suite(.serialized) struct CrashTests {
        let fleet = LabFleet()

        @Test func aKilledQtctlStopsNothing() async throws {
            try await fleet.deployGood()
            let commit = try await fleet.lab.run("commit", "--message", "watched by nobody")
            let lab = fleet.lab
            let last = try await lab.run("redis-cli", "ZREVRANGE", "{qt:lab}:rollouts", "0", "0")
            try await lab.killQtctl("deploy", "--all", "--yes", "-m", "watched by nobody") {
                let newest = try await lab.run("redis-cli", "ZREVRANGE", "{qt:lab}:rollouts", "0", "0")
                let step = try await lab.run("redis-cli", "HGET", "{qt:lab}:rollout:\(newest):targets", "h1/step")
                return newest != last && step == "verify"
            }
            let (answer, summary) = try await fleet.qtctl("follow", "@last")
            #expect(answer.code == 0, "\(answer)")
            #expect(summary?.targets?.map(\.verdict) == Array(repeating: "verified", count: 6))
            let events = answer.output.split(separator: "\n").filter { $0.contains("\"type\":\"event\"") }
            #expect(events.first?.contains("\"state\":\"queued\"") == true, "\(answer)")
            #expect(events.contains { $0.contains("\"host\":\"h1\"") && $0.contains("\"step\":\"inspect\"") })
            for host in LabFleet.hosts { #expect(try await fleet.picture(host).head == commit) }
        }

        /// The step that holds while the test kills the agent: a prepare command that waits for a file.
        @Test func anAgentKilledAfterTheCheckoutPutsTheCommitBack() async throws {
            let good = try await fleet.deployGood()
            let lab = fleet.lab
            try await lab.on(
                "h1",
                """
                cp -a /etc/qtagent/agent.yaml /etc/qtagent/away
                sed -i '0,/order: 10/s||order: 10\\n    prepare: [[/bin/sh, -c, "until test -e /tmp/go; do :; done"]]|' \
                /etc/qtagent/agent.yaml
                systemctl restart qtagent
                """)
            try await waitForAgent("h1")
            try await lab.run("commit", "--message", "cut short")
            let before = try await fleet.picture("h1")
            let journal = try await submit()
            let isHeld = try await lab.eventually {
                try await lab.on("h1", "grep -c ^checkout_done \(journal) || true") == "1"
            }
            #expect(isHeld)
            #expect(try await fleet.picture("h1").head != good)
            try await lab.on("h1", "mv /etc/qtagent/away /etc/qtagent/agent.yaml; systemctl kill -s KILL qtagent")
            let (answer, summary) = try await fleet.qtctl("follow", "@last")
            #expect(answer.code == 4, "\(answer)")
            #expect(summary?.verdicts(of: "h1") == ["failed", "failed"])
            #expect(try await fleet.picture("h1") == before)
            #expect(try await fleet.runs(good, on: "h1"))
        }

        /// The second service stops slowly, so that the kill comes between the two restarts.
        @Test func anAgentKilledAfterTheFirstRestartFinishes() async throws {
            try await fleet.deployGood()
            let lab = fleet.lab
            let folder = "/etc/systemd/system/quantum-reconcile-engine.service.d"
            try await lab.on(
                "h1",
                """
                mkdir -p \(folder)
                printf '[Service]\\nExecStop=/bin/sh -c "until test -e /run/go-on; do sleep 0.05; done"\\n' > \(folder)/slow.conf
                systemctl daemon-reload
                """)
            let commit = try await lab.run("commit", "--message", "cut in two")
            let journal = try await submit()
            let isHeld = try await lab.eventually {
                try await lab.on("h1", "grep -cx 'restart_begun service=quantum-reconcile-engine' \(journal) || true")
                    == "1"
            }
            #expect(isHeld)
            try await lab.on("h1", "systemctl kill -s KILL qtagent; touch /run/go-on")
            let (answer, summary) = try await fleet.qtctl("follow", "@last")
            #expect(answer.code == 0, "\(answer)")
            #expect(summary?.verdicts(of: "h1") == ["verified", "verified"])
            #expect(try await fleet.picture("h1").head == commit)
            #expect(try await fleet.runs(commit, on: "h1"))
            try await lab.on("h1", "rm -f \(folder)/slow.conf /run/go-on; systemctl daemon-reload")
        }

        /// Submits a rollout and leaves it; the path of its journal on a host.
        private func submit() async throws -> String {
            let (answer, summary) = try await fleet.qtctl("deploy", "--all", "--yes", "--detach")
            try #require(answer.code == 0, "\(answer)")
            return "/var/lib/qtagent/jobs/\(try #require(summary?.rollout))-deploy-1"
        }

        private func waitForAgent(_ host: String) async throws {
            let isBack = try await fleet.lab.eventually {
                try await fleet.qtctl("plan", "--all", "--host", host).answer.code == 0
            }
            #expect(isBack)
        }
    }
}
