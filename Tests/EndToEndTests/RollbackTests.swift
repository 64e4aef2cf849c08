import TestSupport
import Testing

extension LabTests {
    /// What an operator does at night: go back, start anew, and read what was printed.
    @Suite(.serialized) struct RollbackTests {
        let fleet = LabFleet()

        @Test func theFleetGoesBackToWhatWasVerifiedBefore() async throws {
            let old = try await fleet.deployGood()
            let new = try await fleet.deployGood()
            // The remote is what is broken: going back must not need it.
            let origin = try await fleet.lab.run("origin")
            try await fleet.lab.run("hubexec", "mv", origin, origin + ".away")
            let (back, summary) = try await fleet.qtctl("rollback", "--all", "--yes", "--batch", "3", "-m", "it is bad")
            try await fleet.lab.run("hubexec", "mv", origin + ".away", origin)
            #expect(back.code == 0, "\(back)")
            #expect(summary?.targets?.map(\.verdict) == Array(repeating: "verified", count: 6))
            for host in LabFleet.hosts {
                #expect(try await fleet.picture(host).head == old)
                #expect(try await fleet.runs(old, on: host), "\(host)")
            }
            // What was verified before is now the newer one: going there is not a way back.
            let before = try await fleet.pictures()
            let again = try await fleet.lab.answer("qtctl", "rollback", "--all", "--yes")
            #expect(again.code == 5 && again.errors.contains("its last change was a way back already"), "\(again)")
            #expect(try await fleet.pictures() == before)
            let (named, _) = try await fleet.qtctl("rollback", "--all", "--yes", "--to", new)
            #expect(named.code == 0, "\(named)")
            #expect(try await fleet.picture("h3").head == new)
        }

        @Test func hostsThatDifferAreNotTakenTogether() async throws {
            let old = try await fleet.deployGood()
            let new = try await fleet.deployGood(host: "h1")
            let before = try await fleet.pictures()
            let all = try await fleet.lab.answer("qtctl", "rollback", "--all", "--yes")
            #expect(all.code == 5, "\(all)")
            #expect(all.errors.contains("\(new.prefix(10)) on h1") && all.errors.contains("h2, h3"), "\(all)")
            let restart = try await fleet.lab.answer("qtctl", "restart", "--all", "--yes")
            #expect(restart.code == 5 && restart.errors.contains("different commits checked out"), "\(restart)")
            #expect(try await fleet.pictures() == before)
            let (one, _) = try await fleet.qtctl("rollback", "--all", "--host", "h1", "--yes")
            #expect(one.code == 0, "\(one)")
            #expect(try await fleet.picture("h1").head == old)
        }

        @Test func aRestartBringsNewProcessesAndNoGit() async throws {
            let commit = try await fleet.deployGood()
            let before = try await fleet.pictures()
            let (answer, summary) = try await fleet.qtctl(
                "restart", "quantum-apply-layer", "quantum-reconcile-engine", "--host", "h[12]", "--yes")
            #expect(answer.code == 0, "\(answer)")
            #expect(summary?.targets?.map(\.verdict) == Array(repeating: "verified", count: 4))
            #expect(!answer.output.contains(#""step":"fetch""#) && !answer.output.contains(#""step":"checkout""#))
            let after = try await fleet.pictures()
            for (old, new) in zip(before, after).prefix(2) {
                #expect(old.head == new.head && zip(old.invocations, new.invocations).allSatisfy { $0 != $1 })
            }
            #expect(before[2] == after[2])
            #expect(try await fleet.runs(commit, on: "h1"))
        }

        /// Nothing to go back to: the failure is told, and the host stays as it is for who looks.
        @Test func aRestartThatFailsIsExitThree() async throws {
            try await fleet.deployGood()
            let head = try await fleet.picture("h1").head
            let drop = ["ExecStartPre=/bin/false", ""]
            try await fleet.withDropIn("h1", each: drop) {
                let (answer, summary) = try await fleet.qtctl("restart", "--all", "--host", "h1", "--yes")
                #expect(answer.code == 3, "\(answer)")
                #expect(summary?.verdicts(of: "h1") == ["failed", "failed"], "\(answer)")
            }
            #expect(try await fleet.picture("h1").head == head)
            try await fleet.lab.on("h1", "systemctl reset-failed; systemctl start quantum-apply-layer")
            try await fleet.deployGood()
        }

        /// systemd calls a simple unit active before it has executed its program: for that long the process is root's, and is
        /// anywhere. Here it waits for its standard input to be opened.
        @Test func aProcessThatHasYetToBeginIsWaitedFor() async throws {
            try await fleet.deployGood()
            try await fleet.lab.on("h1", "rm -f /run/held; mkfifo /run/held")
            try await fleet.withDropIn("h1", each: ["StandardInput=file:/run/held", ""]) {
                async let restart = fleet.qtctl("restart", "--all", "--host", "h1", "--yes")
                let isHeld = try await fleet.lab.eventually {
                    let program = "/proc/$(systemctl show -P MainPID quantum-apply-layer)/exe"
                    return try await fleet.lab.on("h1", "stat -c %U \(program) || true") == "root"
                }
                let isObserved = try await isObserved()
                #expect(isHeld && isObserved)
                try await fleet.lab.on("h1", ": >/run/held")
                let (answer, summary) = try await restart
                #expect(answer.code == 0, "\(answer)")
                #expect(summary?.verdicts(of: "h1") == ["verified", "verified"], "\(answer)")
            }
            try await fleet.deployGood()
        }

        /// Whether the host has told three times that it observes its services: it beats every second then, and looks more often.
        private func isObserved() async throws -> Bool {
            var beats: Set<String> = []
            return try await fleet.lab.eventually {
                let text = try await fleet.lab.run("qtctl", "agents", "list", "--json")
                let line = text.split(separator: "\n").first { $0.contains(#""host":"h1""#) } ?? ""
                if line.contains(#""step":"verify""#) { beats.insert(String(line)) }
                return beats.count >= 3
            }
        }

        /// git, hooks and the services themselves, while it goes on and afterwards.
        @Test func whatProgramsPrintIsRead() async throws {
            try await fleet.lab.run("commit", "--message", "a talkative release")
            let (deploy, summary) = try await fleet.qtctl("deploy", "--all", "--yes")
            #expect(deploy.code == 0, "\(deploy)")
            let rollout = try #require(summary?.rollout)
            let all = try await fleet.lab.run("qtctl", "logs", rollout)
            let verify = try await fleet.lab.run("qtctl", "logs", rollout, "--step", "verify", "--host", "h2", "-f")
            for service in LabFleet.services {
                #expect(verify.contains("h2 verify \(service) | "), "\(verify)")
            }
            #expect(verify.split(separator: "\n").allSatisfy { $0.contains(" h2 verify ") }, "\(verify)")
            #expect(all.contains(" h1 ") && all.contains(" h3 ") && all.count > verify.count, "\(all)")
            let wrong = try await fleet.lab.answer("qtctl", "logs", rollout, "--host", "h9")
            #expect(wrong.code == 5, "\(wrong)")
        }

        /// What a service logs may be nobody's business but its host's.
        @Test func linesThatAreNotToldStayOnTheHost() async throws {
            let quiet = """
                cp -a /etc/qtagent/agent.yaml /root/loud.yaml
                sed -i '0,/    checks:/s//    checks:\\n      log: {tell: false}/' /etc/qtagent/agent.yaml
                systemctl restart qtagent
                """
            let host = GitHost()
            try await host.on(quiet)
            try await host.cleaning("mv /root/loud.yaml /etc/qtagent/agent.yaml; systemctl restart qtagent") {
                try await host.waitForAnswer()
                try await fleet.lab.run("commit", "--message", "a release with a secret")
                let (deploy, summary) = try await fleet.qtctl("deploy", "--all", "--yes", "--host", "h1")
                #expect(deploy.code == 0, "\(deploy)")
                let said = try await fleet.lab.run("qtctl", "logs", try #require(summary?.rollout))
                #expect(!said.contains("verify quantum-apply-layer |"), "\(said)")
                #expect(said.contains("h1 verify quantum-reconcile-engine |"), "\(said)")
                let journal = try await host.on("journalctl -u quantum-apply-layer -n 20 -o cat")
                #expect(!journal.isEmpty, "the host has them")
            }
            try await host.waitForAnswer()
        }
    }
}
