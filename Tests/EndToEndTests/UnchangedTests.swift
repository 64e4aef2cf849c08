import TestSupport
import Testing

extension LabTests {
    /// `unchanged` is a promise about the process, not only about the commit: one that began before its unit, a drop-in or an
    /// environment file was last changed does not know them.
    @Suite(.serialized) struct UnchangedTests {
        let host = GitHost()
        private static let unit = "/etc/systemd/system/quantum-apply-layer.service"
        private static let dropIn = "\(unit).d/case.conf"
        private static let optional = "/etc/quantum/optional.env"
        private static let environment = "/etc/quantum/apply-layer.env"

        /// What happens on the host after the last start.
        struct Change: Sendable, CustomTestStringConvertible {
            var what: String
            var script: String
            /// What the next deployment of the same commit says.
            var verdict = "verified"
            var testDescription: String { what }
        }

        static let changes = [
            Change(what: "nothing", script: ":", verdict: "unchanged"),
            Change(what: "the unit", script: "touch \(unit); systemctl daemon-reload"),
            Change(what: "a drop-in", script: "touch \(dropIn); systemctl daemon-reload"),
            Change(what: "an environment file", script: "touch \(environment)"),
            Change(
                what: "an environment file, with an old time",
                script: "cp -a \(environment) /etc/quantum/away; mv /etc/quantum/away \(environment)"),
            Change(what: "an optional environment file", script: "touch \(optional)"),
            Change(what: "an optional environment file that vanished", script: "rm \(optional)"),
            Change(what: "an optional environment file that appeared", script: "touch -d '1 hour ago' \(optional)"),
            Change(
                what: "the interlock",
                script: "touch \(unit).d/50-qtagent.conf; systemctl daemon-reload", verdict: "unchanged"),
            Change(
                what: "the interlock, written anew",
                script: """
                    rm \(unit).d/50-qtagent.conf; systemctl daemon-reload; qtagent prepare-host
                    """, verdict: "unchanged"),
            Change(what: "a drop-in that was removed", script: "rm \(dropIn); systemctl daemon-reload"),
        ]

        @Test func aProcessOlderThanItsFilesIsNotUnchanged() async throws {
            try await host.on(
                """
                mkdir -p $(dirname \(Self.dropIn)); touch \(Self.optional)
                printf '[Service]\\nEnvironmentFile=-\(Self.optional)\\n' > \(Self.dropIn); systemctl daemon-reload
                """)
            try await host.cleaning("rm -f \(Self.dropIn) \(Self.optional); systemctl daemon-reload") {
                let commit = try await host.fleet.deployGood(host: host.name)
                for change in Self.changes { try await deploy(after: change, commit) }
            }
        }

        private func deploy(after change: Change, _ commit: String) async throws {
            try await host.on(change.script)
            let before = try await host.fleet.picture(host.name)
            let (answer, summary) = try await host.deploy()
            let after = try await host.fleet.picture(host.name)
            #expect(answer.code == 0, "\(change.what): \(answer)")
            let verdicts = summary?.verdicts(of: host.name)
            #expect(verdicts == [change.verdict, change.verdict], "\(change.what): \(answer)")
            #expect(after.head == commit)
            let isRestarted = change.verdict == "verified"
            for (old, new) in zip(before.invocations, after.invocations) {
                #expect((old != new) == isRestarted, "\(change.what)")
            }
        }
    }
}
