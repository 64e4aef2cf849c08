import TestSupport
import Testing

extension LabTests {
    /// The recovery table of agent/README.md, a test per row: the agent dies, or the host loses power, behind a line of the
    /// journal. `ops/faults` tries the same with a checker of its own, at random moments too.
    @Suite(.serialized) struct RecoveryTests {
        let fleet = LabFleet()

        /// Where a job is cut short, and what must come of it.
        struct Row: CustomTestStringConvertible {
            var point: String
            var verdict: String
            var code: Int32
            /// The kind of release.
            var kind: String?
            /// Whether the new commit is what stays.
            var goesOn = false

            var testDescription: String { "\(point) -> \(verdict)" }
        }

        static let rows = [
            Row(point: "journaled", verdict: "failed", code: 4),
            Row(point: "claimed", verdict: "failed", code: 4),
            Row(point: "checkout_begun", verdict: "failed", code: 4),
            Row(point: "checkout_moved", verdict: "failed", code: 4),
            Row(point: "prepared", verdict: "failed", code: 4),
            Row(point: "restart_begun", verdict: "verified", code: 0, goesOn: true),
            Row(point: "restart_done", verdict: "verified", code: 0, goesOn: true),
            Row(point: "verifying", verdict: "verified", code: 0, goesOn: true),
            Row(point: "revert_begun", verdict: "reverted", code: 4, kind: "crash-at-start"),
            Row(point: "revert_checkout_done", verdict: "reverted", code: 4, kind: "crash-at-start"),
            Row(point: "revert_restart_begun", verdict: "reverted", code: 4, kind: "crash-at-start"),
            Row(point: "reported", verdict: "verified", code: 0, goesOn: true),
            Row(point: "spooled", verdict: "verified", code: 0, goesOn: true),
            Row(point: "ended", verdict: "verified", code: 0, goesOn: true),
        ]

        /// After a loss of power the boot starts the services, on the commit that recovery chose.
        static let powerRows = [
            Row(point: "checkout_begun", verdict: "reverted", code: 4),
            Row(point: "checkout_moved", verdict: "reverted", code: 4),
            Row(point: "restart_begun", verdict: "verified", code: 0, goesOn: true),
            Row(point: "spooled", verdict: "verified", code: 0, goesOn: true),
        ]

        @Test(arguments: rows) func theAgentIsKilled(row: Row) async throws {
            let good = try await fleet.deployGood(host: "h1")
            try await plant("\(row.point):kill")
            try await expect(row, from: good)
        }

        @Test(arguments: powerRows) func theHostLosesPower(row: Row) async throws {
            let lab = fleet.lab
            let good = try await fleet.deployGood(host: "h1")
            try await plant("\(row.point):wait")
            try await expect(row, from: good) {
                let isThere = try await lab.eventually {
                    try await lab.on("h1", "cat /var/lib/qtagent/failpoint || true") == row.point
                }
                #expect(isThere, "the boundary was not reached")
                try await lab.run("crash", "h1")
                try await lab.run("start", "h1")
            }
        }

        /// Restart=always must not bring a service up while its files are half one commit and half another.
        @Test func aServiceThatDiesInACheckoutIsKeptDownAndStartedAgain() async throws {
            let lab = fleet.lab
            let good = try await fleet.deployGood(host: "h1")
            try await plant("checkout_moved:wait")
            let row = Row(point: "", verdict: "verified", code: 0, goesOn: true)
            try await expect(row, from: good) {
                let isThere = try await lab.eventually {
                    try await lab.on("h1", "cat /var/lib/qtagent/failpoint || true") == "checkout_moved"
                }
                #expect(isThere, "the boundary was not reached")
                let unit = LabFleet.services[0]
                try await lab.on("h1", "systemctl kill -s KILL \(unit)")
                let isKeptDown = try await lab.eventually {
                    try await lab.on("h1", "systemctl show -p ConditionResult --value \(unit)") == "no"
                }
                #expect(isKeptDown)
                #expect(try await lab.on("h1", "systemctl is-active \(unit) || true") == "inactive")
                try await lab.on("h1", "rm /var/lib/qtagent/failpoint")
            }
        }

        // MARK: - one trial

        /// Restarts the agent of h1 with a fault planted; its next life has none.
        private func plant(_ plan: String) async throws {
            try await fleet.lab.on(
                "h1",
                """
                systemctl set-environment QT_FAILPOINT=\(plan)
                systemctl restart qtagent
                systemctl unset-environment QT_FAILPOINT
                """)
        }

        /// Deploys to h1, lets `strike` happen, and looks at the verdict and at the host.
        private func expect(
            _ row: Row, from good: String, _ strike: () async throws -> Void = {}
        ) async throws {
            let lab = fleet.lab
            let kind = row.kind.map { ["--break", $0] } ?? []
            let answer = try await lab.answer(["commit", "--message", "cut short at \(row.point)"] + kind)
            let commit = answer.output.split(separator: "\n").last.map(String.init) ?? ""
            let submitted = try await fleet.qtctl(
                "deploy", "--all", "--host", "h1", "--yes", "--detach", "-m", "cut short")
            try #require(submitted.answer.code == 0, "\(submitted.answer)")
            try await strike()
            let (told, summary) = try await fleet.qtctl("follow", "@last")
            #expect(told.code == row.code, "\(told)")
            #expect(summary?.verdicts(of: "h1") == [row.verdict, row.verdict], "\(told)")
            let picture = try await fleet.picture("h1")
            #expect(picture.head == (row.goesOn ? commit : good))
            #expect(picture.status == "")
            #expect(picture.states == ["active", "active"])
            #expect(try await fleet.runs(row.goesOn ? commit : good, on: "h1"))
            #expect(try await lab.on("h1", "ls /var/lib/qtagent/interlock") == "")
        }
    }
}
