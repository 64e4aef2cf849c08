import TestSupport
import Testing

extension LabTests {
    /// What must be refused with exit 5, a remedy, and nothing touched.
    @Suite(.serialized) struct RefusalTests {
        let fleet = LabFleet()
        static let git = "setpriv --reuid qt --regid qt --clear-groups env HOME=/home/qt git -C \(LabFleet.path)"
        static let dropIn = "/etc/systemd/system/quantum-apply-layer.service.d/test.conf"

        /// A state of h2 that is refused: how it comes about, how it is undone, the rule and words of the remedy.
        struct Case: Sendable, CustomTestStringConvertible {
            var rule: String
            var remedy: String
            var make: String
            var undo: String
            var testDescription: String { rule }
        }

        private static func dropIn(_ lines: String) -> String {
            "mkdir -p ${0%/*} $(dirname \(dropIn)); printf '[Service]\\n\(lines)\\n' > \(dropIn); systemctl daemon-reload"
        }
        private static let removeDropIn = "rm -f \(dropIn); systemctl daemon-reload"

        static let cases = [
            Case(
                rule: "working_directory_empty", remedy: "WorkingDirectory=/path/of/the/checkout",
                make: dropIn("WorkingDirectory="), undo: removeDropIn),
            Case(
                rule: "tracked_file_changed", remedy: "git stash",
                make: "echo '# edited on the host' >> \(LabFleet.path)/microservices/apply_layer/main.py",
                undo: "\(git) checkout -- ."),
            Case(
                rule: "local_commits", remedy: "git log HEAD --not --remotes",
                make: "\(git) -c user.name=qt -c user.email=qt@example.invalid commit -q --allow-empty -m local",
                undo: "\(git) reset -q --hard HEAD~1"),
            Case(
                rule: "head_detached", remedy: "git checkout main", make: "\(git) checkout -q --detach",
                undo: "\(git) checkout -q main"),
            Case(rule: "user_is_root", remedy: "allow_root", make: dropIn("User=root"), undo: removeDropIn),
            Case(
                rule: "environment_file_missing", remedy: "put it back",
                make: "mv /etc/quantum/apply-layer.env /etc/quantum/away.env",
                undo: "mv /etc/quantum/away.env /etc/quantum/apply-layer.env"),
            Case(
                rule: "environment_file_malformed", remedy: "apply-layer.env",
                make:
                    "cp -a /etc/quantum/apply-layer.env /etc/quantum/away.env; printf 'no equals sign\\n' >> /etc/quantum/apply-layer.env",
                undo: "mv /etc/quantum/away.env /etc/quantum/apply-layer.env"),
            Case(
                rule: "daemon_reload_needed", remedy: "systemctl daemon-reload",
                make: "touch -d '+2 seconds' /etc/systemd/system/quantum-apply-layer.service",
                undo: "systemctl daemon-reload"),
            Case(
                rule: "unit_type_unsupported", remedy: "prepare step", make: dropIn("Type=oneshot\\nRestart=no"),
                undo: removeDropIn),
            Case(
                rule: "unit_not_found", remedy: "systemctl daemon-reload",
                make: "mv \(unit) /etc/quantum/away.service; systemctl daemon-reload",
                undo: "mv /etc/quantum/away.service \(unit); systemctl daemon-reload"),
            Case(
                rule: "working_directory_unusable", remedy: "write the path itself", make: dropIn("WorkingDirectory=~"),
                undo: removeDropIn),
            Case(
                rule: "not_a_work_tree_root", remedy: "set WorkingDirectory to \(LabFleet.path)",
                make: dropIn("WorkingDirectory=\(LabFleet.path)/microservices"), undo: removeDropIn),
            Case(
                rule: "interlock_missing", remedy: "systemctl restart qtagent",
                make: "rm $(dirname \(dropIn))/50-qtagent.conf; systemctl daemon-reload",
                undo: "qtagent prepare-host"),
            Case(rule: "user_unknown", remedy: "nobody-here", make: dropIn("User=nobody-here"), undo: removeDropIn),
            Case(
                rule: "other_branch", remedy: "git checkout main", make: "\(git) checkout -q -b side",
                undo: "\(git) checkout -q main; \(git) branch -q -D side"),
            Case(
                rule: "repository_unsupported", remedy: "full clone",
                make: "\(git) update-index --assume-unchanged microservices/apply_layer/main.py",
                undo: "\(git) update-index --no-assume-unchanged microservices/apply_layer/main.py"),
            Case(
                rule: "code_owner", remedy: "chown -R",
                make: "chown root \(LabFleet.path) \(LabFleet.path)/.git; chmod o+w \(LabFleet.path)/.git",
                undo: "chmod o-w \(LabFleet.path)/.git; chown qt:qt \(LabFleet.path) \(LabFleet.path)/.git"),
            Case(
                rule: "foreign_unit_in_path", remedy: "a checkout of its own",
                make: """
                    printf '[Service]\\nWorkingDirectory=\(LabFleet.path)\\nExecStart=/bin/sleep 1000\\n' > /run/systemd/system/stray.service
                    systemctl start stray
                    """,
                undo: "systemctl stop stray; rm /run/systemd/system/stray.service; systemctl daemon-reload"),
        ]
        private static let unit = "/etc/systemd/system/quantum-apply-layer.service"

        @Test(arguments: cases) func aHostThatIsNotFitIsRefused(one: Case) async throws {
            try await fleet.lab.run("commit", "--message", "not to be deployed")
            try await fleet.lab.on("h2", one.make)
            let before = try await fleet.pictures()
            let (answer, _) = try await fleet.qtctl("deploy", "--all", "--yes")
            let after = try await fleet.pictures()
            try await fleet.lab.on("h2", one.undo)
            #expect(answer.code == 5, "\(answer)")
            #expect(answer.output.contains("\"rule\":\"\(one.rule)\""), "\(answer)")
            #expect(answer.output.contains(one.remedy), "\(answer)")
            #expect(answer.output.contains("\"host\":\"h2\""))
            #expect(after == before)
        }

        /// The agent's own sandbox: what it may not write it does not promise to deploy.
        @Test func aTreeThatTheAgentMayNotWriteIsRefused() async throws {
            try await fleet.lab.run("commit", "--message", "not to be deployed")
            let dropIn = "/run/systemd/system/qtagent.service.d"
            try await fleet.lab.on(
                "h2",
                """
                mkdir \(dropIn)
                printf '[Service]\\nReadOnlyPaths=\(LabFleet.path)\\n' > \(dropIn)/narrow.conf
                systemctl daemon-reload
                systemctl restart qtagent
                """)
            let before = try await fleet.pictures()
            var answer = try await fleet.qtctl("deploy", "--all", "--yes").answer
            // An agent that has just begun may not hear the first question.
            _ = try await fleet.lab.eventually {
                if answer.output.contains("tree_not_writable") { return true }
                answer = try await fleet.qtctl("deploy", "--all", "--yes").answer
                return false
            }
            let after = try await fleet.pictures()
            try await fleet.lab.on("h2", "rm -r \(dropIn); systemctl daemon-reload; systemctl restart qtagent")
            try await fleet.waitForAgent("h2")
            #expect(answer.code == 5, "\(answer)")
            #expect(
                answer.output.contains("tree_not_writable") && answer.output.contains("ReadWritePaths="), "\(answer)")
            #expect(after == before)
        }

        @Test func aHostThatIsDownIsRefusedAndCanBeLeftOut() async throws {
            try await fleet.deployGood()
            let commit = try await fleet.lab.run("commit", "--message", "without h3")
            try await fleet.lab.run("redis-cli", "HSET", "{qt:lab}:meta", "host_down_ms", "8000")
            try await fleet.lab.run("poweroff", "h3")
            let before = [try await fleet.picture("h1"), try await fleet.picture("h2")]
            let isMissed = try await fleet.lab.eventually {
                try await fleet.qtctl("plan", "--all").answer.output.contains("--exclude h3")
            }
            #expect(isMissed)
            let (answer, _) = try await fleet.qtctl("deploy", "--all", "--yes")
            #expect(answer.code == 5, "\(answer)")
            #expect(answer.output.contains("\"rule\":\"host_down\""), "\(answer)")
            #expect([try await fleet.picture("h1"), try await fleet.picture("h2")] == before)
            let (without, summary) = try await fleet.qtctl("deploy", "--all", "--yes", "--exclude", "h3")
            #expect(without.code == 0, "\(without)")
            #expect(summary?.targets?.count == 4)
            #expect(try await fleet.picture("h1").head == commit)
            try await fleet.lab.run("start", "h3")
            try await fleet.lab.run("redis-cli", "HDEL", "{qt:lab}:meta", "host_down_ms")
            let isBack = try await fleet.lab.eventually {
                try await fleet.qtctl("plan", "--all").answer.code == 0
            }
            #expect(isBack)
        }

        @Test(arguments: [
            (["deploy", "quantum-aply-layer", "--yes"], 5, "quantum-apply-layer"),
            (["deploy", "--all", "--yes", "--host", "h9"], 5, "h9"),
            (["deploy", "--all", "--yes", "--ref", "no-such-branch"], 9, "no-such-branch"),
            (["deploy", "--all", "--yes", "--ref", "-x;reboot"], 2, "branch"),
            (["deploy", "--all", "--yes", "--commit", "abc"], 2, "commit"),
            (["deploy", "--all", "--frobnicate"], 2, "frobnicate"),
            (["deploy", "--all"], 2, "--yes"),
            (["show", "ffff"], 1, "ffff"),
        ])
        func wrongWordsAreNamed(words: [String], code: Int32, named: String) async throws {
            let answer = try await fleet.lab.answer(["qtctl"] + words)
            #expect(answer.code == code, "\(answer)")
            #expect((answer.output + answer.errors).contains(named), "\(answer)")
        }

        @Test func aCommitThatIsNotOnTheBranchIsRefused() async throws {
            let absent = String(repeating: "d", count: 40)
            let before = try await fleet.pictures()
            let (answer, _) = try await fleet.qtctl("deploy", "--all", "--yes", "--commit", absent)
            #expect(answer.code == 4 || answer.code == 5, "\(answer)")
            #expect(
                answer.output.contains("commit_unknown") || answer.output.contains("commit_not_on_branch"), "\(answer)")
            #expect(try await fleet.pictures() == before)
        }
    }
}
