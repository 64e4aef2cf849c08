import TestSupport
import Testing

extension LabTests {
    /// Every way to break a release that the lab knows, with what must come of it.
    @Suite(.serialized) struct BreakKindTests {
        let fleet = LabFleet()

        /// A release that must not stand: the rule that finds it, and how long the host must look.
        struct Kind: Sendable, CustomTestStringConvertible {
            var name: String
            var rules: Set<String>
            var timings = ["stable_for": "2s", "verify_slack": "3s"]
            var testDescription: String { name }
        }

        static let kinds = [
            Kind(name: "crash-at-start", rules: ["unit_not_active", "process_died", "restart_failed", "log_errors"]),
            Kind(name: "crash-after-2s", rules: ["unit_not_active", "process_died"]),
            Kind(
                name: "flap", rules: ["unit_not_active", "process_died"],
                timings: ["stable_for": "5s", "verify_slack": "3s"]),
            Kind(name: "err-in-journal", rules: ["log_errors"]),
            Kind(name: "no-metrics", rules: ["metrics_no_listener"]),
            Kind(name: "wrong-metrics", rules: ["metrics_wrong"]),
            Kind(name: "port-kept-by-old-process", rules: ["metrics_foreign_listener"]),
        ]

        @Test(arguments: kinds) func aBrokenReleaseGoesBackOnTheFirstHostAndNoFurther(kind: Kind) async throws {
            let good = try await fleet.deployGood(host: "h1")
            let others = [try await fleet.picture("h2"), try await fleet.picture("h3")]
            try await fleet.tuned("h1", kind.timings) {
                let starts = try await fleet.starts("h1")
                try await fleet.lab.run("commit", "--break", kind.name)
                let (answer, summary) = try await fleet.qtctl("deploy", "--all", "--yes", "-m", kind.name)
                #expect(answer.code == 4, "\(answer)")
                #expect(summary?.state == "failed")
                #expect(summary?.verdicts(of: "h1") == ["reverted", "reverted"], "\(answer)")
                #expect(summary?.verdicts(of: "h2") == ["skipped", "skipped"])
                #expect(summary?.verdicts(of: "h3") == ["skipped", "skipped"])
                let cause = summary?.targets?.first { $0.host == "h1" }?.rule ?? ""
                #expect(kind.rules.contains(cause), "\(answer)")
                try await expectWhole("h1", good)
                // There and back: one start each, and none by systemd behind our back.
                #expect(try await fleet.starts("h1").map { $0.key }.sorted() == starts.keys.sorted())
                for (service, count) in try await fleet.starts("h1") {
                    #expect(count - (starts[service] ?? 0) <= 2, "\(service)")
                }
                let bells = try await fleet.lab.run("redis-cli", "XRANGE", "{qt:lab}:commands:h2", "-", "+")
                #expect(!bells.contains(try #require(summary?.rollout)))
            }
            #expect([try await fleet.picture("h2"), try await fleet.picture("h3")] == others)
        }

        /// The host is whole on a commit: the tree, the processes, and no restart but ours.
        private func expectWhole(_ host: String, _ commit: String) async throws {
            let picture = try await fleet.picture(host)
            #expect(picture.head == commit && picture.status.isEmpty)
            #expect(picture.states == ["active", "active"])
            #expect(try await fleet.runs(commit, on: host))
            for service in LabFleet.services {
                #expect(try await fleet.lab.on(host, "systemctl show --value -p NRestarts \(service)") == "0")
            }
        }

        // MARK: hang-on-stop: nothing is wrong until it is to go.

        @Test func aReleaseThatHangsAtItsStopIsVerifiedAndLeftWithinTheUnitsLimit() async throws {
            try await fleet.deployGood(host: "h1")
            try await fleet.withDropIn("h1", service: ["TimeoutStopSec=2s"]) {
                let hanging = try await fleet.lab.run("commit", "--break", "hang-on-stop")
                let (first, _) = try await fleet.qtctl("deploy", "--all", "--host", "h1", "--yes")
                #expect(first.code == 0, "\(first)")
                try await expectWhole("h1", hanging)
                // The way back leads to it as well: it is the commit that ran.
                try await fleet.lab.run("commit", "--break", "crash-at-start")
                let (second, summary) = try await fleet.qtctl("deploy", "--all", "--host", "h1", "--yes")
                #expect(second.code == 4, "\(second)")
                #expect(summary?.verdicts(of: "h1") == ["reverted", "reverted"])
                try await expectWhole("h1", hanging)
                let good = try await fleet.lab.run("commit")
                let (third, _) = try await fleet.qtctl("deploy", "--all", "--host", "h1", "--yes")
                #expect(third.code == 0, "\(third)")
                try await expectWhole("h1", good)
            }
        }

        @Test func aStopWithoutAnyLimitNeedsAPerson() async throws {
            try await fleet.deployGood(host: "h1")
            let limits = ["TimeoutStopSec=infinity", "TimeoutStartSec=1s"]
            try await fleet.withDropIn("h1", service: limits) {
                let hanging = try await fleet.lab.run("commit", "--break", "hang-on-stop")
                let (first, _) = try await fleet.qtctl("deploy", "--all", "--host", "h1", "--yes")
                #expect(first.code == 0, "\(first)")
                try await fleet.tuned("h1", ["stable_for": "2s", "restart": "1s"]) {
                    try await fleet.lab.run("commit")
                    let (answer, summary) = try await fleet.qtctl("deploy", "--all", "--host", "h1", "--yes")
                    #expect(answer.code == 3, "\(answer)")
                    #expect(summary?.verdicts(of: "h1") == ["revert_failed", "revert_failed"])
                    #expect(summary?.targets?.first?.rule == "restart_timed_out")
                    #expect(answer.output.contains("systemctl kill -s KILL quantum-apply-layer"), "\(answer)")
                    // The tree is back, nothing is queued, and nothing was killed that its unit says must not be.
                    let picture = try await fleet.picture("h1")
                    #expect(picture.head == hanging && picture.states.first == "deactivating")
                    let job = try await fleet.lab.on("h1", "systemctl show --value -p Job quantum-apply-layer")
                    #expect(job.isEmpty)
                }
                // What the remedy says.
                try await fleet.lab.on("h1", "systemctl kill -s KILL quantum-apply-layer")
            }
            try await fleet.withDropIn("h1", service: ["TimeoutStopSec=1s"]) {
                try await fleet.deployGood(host: "h1")
            }
        }

        /// Somebody restarts the service while it is watched: whatever runs then, it is not what was to be proven. The new
        /// release hangs at the stop, so that the way back takes the unit's limit.
        @Test func aRestartByHandDuringTheObservationIsNoSuccess() async throws {
            let good = try await fleet.deployGood(host: "h1")
            try await fleet.withDropIn("h1", service: ["TimeoutStopSec=2s"]) {
                try await fleet.tuned("h1", ["stable_for": "5s"]) {
                    try await fleet.lab.run("commit", "--break", "hang-on-stop")
                    let lab = fleet.lab
                    let last = try await lab.run("redis-cli", "ZREVRANGE", "{qt:lab}:rollouts", "0", "0")
                    async let deployed = fleet.qtctl("deploy", "--all", "--host", "h1", "--yes")
                    let isWatched = try await lab.eventually {
                        let newest = try await lab.run("redis-cli", "ZREVRANGE", "{qt:lab}:rollouts", "0", "0")
                        let step = try await lab.run(
                            "redis-cli", "HGET", "{qt:lab}:rollout:\(newest):targets", "h1/step")
                        return newest != last && step == "verify"
                    }
                    #expect(isWatched)
                    try await lab.on("h1", "systemctl restart quantum-reconcile-engine")
                    let (answer, summary) = try await deployed
                    #expect(answer.code == 4, "\(answer)")
                    #expect(summary?.verdicts(of: "h1") == ["reverted", "reverted"])
                    #expect(["process_died", "unit_not_active"].contains(summary?.targets?.first?.rule))
                    try await expectWhole("h1", good)
                }
            }
        }

        // MARK: same-size-crash-at-start: where Python may write byte code

        static let byteCode = ["UnsetEnvironment=PYTHONDONTWRITEBYTECODE"]

        /// To the broken release and back again, each time as fast as it goes: the broken one must not run as the good one
        /// did, nor the good one as the broken one.
        @Test func byteCodeOfAnotherReleaseIsNeverRun() async throws {
            try await fleet.withDropIn("h1", service: Self.byteCode) {
                let good = try await fleet.deployGood(host: "h1")
                let cache = "\(LabFleet.path)/microservices/shared/__pycache__"
                #expect(try await fleet.lab.on("h1", "ls \(cache)").contains("warmup.cpython"))
                for _ in 0..<3 {
                    try await fleet.lab.run("commit", "--break", "same-size-crash-at-start")
                    let (answer, summary) = try await fleet.qtctl("deploy", "--all", "--host", "h1", "--yes")
                    #expect(answer.code == 4, "\(answer)")
                    #expect(summary?.verdicts(of: "h1") == ["reverted", "reverted"])
                    try await expectWhole("h1", good)
                }
                // No two checkouts share a second of the clock.
                let checkouts = try await fleet.lab.on("h1", "grep ^checkout /var/lib/qtagent/running")
                let seconds = checkouts.split(separator: "\n").compactMap { $0.split(separator: " ").last }
                #expect(seconds.count >= 6 && Set(seconds).count == seconds.count, "\(checkouts)")
            }
        }

        /// The trap itself, so that the test above has something to be spared from: with both releases' files at one second,
        /// as they are after two checkouts within it, the broken release runs the good one's byte code and looks well.
        @Test func theTrapIsThere() async throws {
            let file = "\(LabFleet.path)/microservices/shared/warmup.py"
            try await fleet.withDropIn("h1", service: Self.byteCode) {
                try await fleet.deployGood(host: "h1")
                let second = try await fleet.lab.on("h1", "stat -c %Y \(file)")
                try await fleet.lab.run("commit", "--break", "same-size-crash-at-start")
                try await fleet.lab.on(
                    "h1",
                    """
                    \(RefusalTests.git) fetch -q
                    \(RefusalTests.git) merge -q --ff-only origin/main
                    touch -d @\(second) \(file)
                    systemctl restart quantum-apply-layer
                    """)
                let port = try await fleet.lab.on("h1", "sed -n s/^APPLY_METRICS_PORT=//p /etc/quantum/apply-layer.env")
                let isFooled = try await fleet.lab.eventually {
                    try await fleet.lab.on("h1", "ss -Hltn 'sport = :\(port)'").isEmpty == false
                }
                #expect(isFooled)
                try await fleet.lab.on("h1", "touch \(file); \(RefusalTests.git) status -s")
            }
            try await fleet.deployGood(host: "h1")
        }

        // MARK: good releases in bad company

        @Test func aSlowStarterIsVerified() async throws {
            try await fleet.deployGood(host: "h1")
            func start(_ name: String) -> String {
                "ExecStart=/bin/sh -c 'sleep 8; exec /usr/bin/python3 -u microservices/\(name)/main.py'"
            }
            try await fleet.withDropIn(
                "h1", service: ["ExecStart="], each: [start("apply_layer"), start("reconcile_engine")]
            ) {
                let commit = try await fleet.lab.run("commit")
                let (answer, summary) = try await fleet.qtctl("deploy", "--all", "--host", "h1", "--yes")
                #expect(answer.code == 0, "\(answer)")
                #expect(summary?.verdicts(of: "h1") == ["verified", "verified"])
                try await expectWhole("h1", commit)
            }
        }

        /// The first service to be restarted follows the second: systemd restarts it once more.
        @Test func aServiceThatIsTakenAlongIsProvenAndGoesBack() async throws {
            try await fleet.deployGood(host: "h1")
            try await fleet.withDropIn("h1", units: ["PartOf=quantum-reconcile-engine.service", ""]) {
                let good = try await fleet.lab.run("commit")
                let (answer, summary) = try await fleet.qtctl("deploy", "--all", "--host", "h1", "--yes")
                #expect(answer.code == 0, "\(answer)")
                #expect(summary?.verdicts(of: "h1") == ["verified", "verified"])
                try await expectWhole("h1", good)
                try await fleet.lab.run("commit", "--break", "crash-at-start")
                let (broken, failed) = try await fleet.qtctl("deploy", "--all", "--host", "h1", "--yes")
                #expect(broken.code == 4, "\(broken)")
                #expect(failed?.verdicts(of: "h1") == ["reverted", "reverted"])
                try await expectWhole("h1", good)
            }
        }

        /// The second service follows the first, whose start fails on the new release: the second runs that release although
        /// its own turn never came.
        @Test func aServiceThatWasOnlyTakenAlongGoesBackToo() async throws {
            let good = try await fleet.deployGood(host: "h1")
            let version = "\(LabFleet.path)/microservices/shared/version.py"
            try await fleet.withDropIn(
                "h1", units: ["", "PartOf=quantum-apply-layer.service"],
                each: ["ExecStartPost=/bin/sh -c '! grep -q err-in-journal \(version)'", ""]
            ) {
                try await fleet.lab.run("commit", "--break", "err-in-journal")
                let (answer, summary) = try await fleet.qtctl("deploy", "--all", "--host", "h1", "--yes")
                #expect(answer.code == 4, "\(answer)")
                #expect(summary?.targets?.first?.rule == "restart_failed")
                try await expectWhole("h1", good)
            }
        }
    }
}
