import Foundation
import TestSupport
import Testing

extension LabTests {
    /// The release as a host gets it: installed from its tarball, in its sandbox, upgraded at bad moments.
    @Suite(.serialized, .enabled(if: InReleaseLab.isPossible, InReleaseLab.why), .inReleaseLab)
    struct InstalledAgentTests {
        let lab = InReleaseLab.lab
        let fleet = LabFleet(lab: InReleaseLab.lab)
        let bare = ReleaseHost(lab: InReleaseLab.lab, name: "h2")

        @Test func theBareHostHasNeitherToolchainNorHiredis() async throws {
            #expect(try await lab.on("h2", "command -v swift gcc cc clang || true") == "")
            #expect(try await lab.on("h2", "ldconfig -p | grep -i -e hiredis -e swift || true") == "")
            for binary in ["qtagent", "qtctl"] {
                let shown = try await lab.on("h2", "ldd /usr/bin/\(binary)")
                let names = shown.split(separator: "\n").compactMap { line in
                    line.split(separator: " ").first?.split(separator: "/").last.map {
                        $0.trimmingCharacters(in: .whitespaces).prefix { $0 != "." }
                    }
                }
                let allowed: Set = ["linux-vdso", "libc", "libm", "libgcc_s", "libstdc++"]
                let strange = names.map(String.init).filter { !allowed.contains($0) && !$0.hasPrefix("ld-linux-") }
                #expect(strange.isEmpty, "\(binary) needs \(strange)")
            }
        }

        @Test func aBuildThatNeedsMoreLibrariesIsNoRelease() async throws {
            let answer = try await lab.answer(
                "hubexec", "\(Repository.root)/ops/dist", "--from", "\(Repository.root)/.build/debug")
            #expect(answer.code == 1 && answer.errors.contains("libhiredis"), "\(answer)")
        }

        @Test func aRolloutOverTheBareHostIsVerified() async throws {
            let commit = try await fleet.deployGood()
            #expect(try await fleet.picture("h2").head == commit)
            #expect(try await fleet.runs(commit, on: "h2"))
        }

        @Test func systemdFindsTheUnitsGood() async throws {
            let said = try await bare.attempt(
                "systemd-analyze verify --man=no /usr/lib/systemd/system/qtagent*.service")
            #expect(said.code == 0 && (said.output + said.errors).isEmpty, "\(said)")
            // The scale has one digit behind the point, and the option none.
            let exposure = try await bare.attempt("systemd-analyze security --no-pager --threshold=30 qtagent.service")
            #expect(exposure.code == 0, "\(exposure)")
        }

        @Test(arguments: ["h1", "h2"]) func theSandboxStopsWhatItSaysAndNoMore(host: String) async throws {
            let probe = try String(
                contentsOfFile: "\(Repository.root)/Tests/EndToEndTests/sandbox-probe.py", encoding: .utf8)
            let said = try await lab.on(
                host,
                """
                cat >/usr/local/lib/sandbox-probe.py <<'END'
                \(probe)
                END
                touch /tmp/of-the-host
                pid=$(systemctl show -P MainPID quantum-apply-layer)
                start="/usr/bin/python3 -I /usr/local/lib/sandbox-probe.py qt \(LabFleet.path) $pid"
                sed -e "s|^ExecStart=.*|ExecStart=$start|" -e 's/^Type=.*/Type=oneshot/' -e 's/^Restart=.*/Restart=no/' \
                    -e 's|^SyslogIdentifier=.*|StandardOutput=truncate:/root/probe.out|' \
                    /usr/lib/systemd/system/qtagent.service >/run/systemd/system/probe.service
                systemctl daemon-reload
                systemctl start probe
                rm /run/systemd/system/probe.service
                systemctl daemon-reload
                cat /root/probe.out
                """)
            let lines = said.split(separator: "\n")
            #expect(lines.count > 30, "\(said)")
            #expect(lines.filter { $0.hasPrefix("stop ") && $0.hasSuffix(": open") } == [])
            #expect(lines.filter { $0.hasPrefix("work ") && !$0.hasSuffix(": open") } == [])
        }

        @Test func aCheckoutThatTheSandboxClosesIsRefusedBeforeAnythingIsTouched() async throws {
            let folder = "/etc/systemd/system/qtagent.service.d"
            try await lab.on(
                "h2",
                """
                mkdir -p \(folder)
                printf '[Service]\\nReadOnlyPaths=\(LabFleet.path)\\n' >\(folder)/closed.conf
                systemctl daemon-reload
                systemctl restart qtagent
                """)
            let isRefused = try await lab.eventually {
                let answer = try await fleet.qtctl("plan", "--all", "--host", "h2").answer
                return answer.code == 5 && answer.output.contains("ReadWritePaths=\(LabFleet.path)")
            }
            try await lab.on("h2", "rm \(folder)/closed.conf; systemctl daemon-reload; systemctl restart qtagent")
            #expect(isRefused)
            let isBack = try await lab.eventually { try await fleet.qtctl("plan", "--all").answer.code == 0 }
            #expect(isBack)
        }

        @Test func aFirstInstallIsAFewCommandsAndASecondChangesNothing() async throws {
            let configuration = "/etc/qtagent/agent.yaml"
            // What a site brings there itself; that no key is revoked the installation says.
            let own = "allowed_signers redis-ca.pem redis-password"
            try await lab.on(
                "h2",
                "cp \(configuration) /root/agent.yaml; mkdir -p /root/own; cd /etc/qtagent; cp -a \(own) /root/own/; "
                    + "/usr/lib/qtdeploy/current/install.sh --uninstall")
            let left = "find /usr -name '*qtagent*' -o -name '*qtctl*' -o -path /usr/lib/qtdeploy"
            #expect(try await lab.on("h2", left) == "")
            #expect(try await lab.on("h2", "ls /var/lib/qtagent; rm -r /etc/qtagent").contains("jobs"))

            let first = try await lab.on("h2", "/root/release/install.sh")
            #expect(first.contains("not started") && first.contains(configuration), "\(first)")
            let pages = ["man/man1/qtctl-rollback.1", "man/man8/qtagent.8", "bash-completion/completions/qtctl"]
            for page in pages { try await lab.on("h2", "test -s /usr/share/\(page)") }
            #expect(try await bare.attempt("systemctl is-active qtagent").output == "inactive\n")
            try await lab.on(
                "h2", "cat /root/agent.yaml >\(configuration); cp -a /root/own/* /etc/qtagent/; qtagent check-config")
            try await lab.on("h2", "systemctl enable --now qtagent")
            #expect(try await bare.isHeard(with: try await bare.version()))

            let second = try await lab.on("h2", "/root/release/install.sh")
            #expect(second.contains("installed already"), "\(second)")
            try await lab.on("h2", "cmp /root/agent.yaml \(configuration); systemctl is-active qtagent")

            let third = try await lab.on("h2", "systemctl stop qtagent; /root/release/install.sh")
            #expect(third.contains("stays so"), "\(third)")
            #expect(try await bare.attempt("systemctl is-active qtagent").output == "inactive\n")
            try await lab.on("h2", "systemctl start qtagent")
        }

        /// What a host lacks, and words of the refusal.
        static let unfit = [
            ("setpriv --reuid qt --regid qt --clear-groups /root/release/install.sh", "sudo"),
            ("flock /run/qtdeploy-install.lock /root/release/install.sh", "another install.sh"),
            (
                "mv /usr/bin/git /usr/bin/away; /root/release/install.sh || { mv /usr/bin/away /usr/bin/git; exit 1; }",
                "git"
            ),
            ("/root/release/install.sh --frobnicate", "--frobnicate"),
        ]

        @Test(arguments: unfit) func aHostThatIsNotFitIsToldSo(script: String, words: String) async throws {
            let answer = try await bare.attempt("chmod 755 /root; \(script)")
            #expect(answer.code == 1, "\(answer)")
            #expect((answer.output + answer.errors).contains("install: "), "\(answer)")
            #expect((answer.output + answer.errors).contains(words), "\(answer)")
            #expect(try await lab.on("h2", "systemctl is-active qtagent") == "active")
        }

        @Test func aWaitingHostIsUpgradedAndItsJobRunsOnTheNewVersion() async throws {
            try await fleet.deployGood()
            let next = try await bare.remake("/root/next", digit: "9")
            try await lab.run("commit", "--message", "while one waits")
            try await lab.on("h1", "touch /tmp/hold")
            let rollout = try await submit()
            #expect(try await isHeld("h1", in: rollout))
            try await lab.on("h2", "/root/next/install.sh")
            #expect(try await bare.isHeard(with: next))
            #expect(try await lab.on("h2", "ls /var/lib/qtagent/jobs").contains(rollout) == false)
            try await lab.on("h1", "rm /tmp/hold")
            let (answer, summary) = try await fleet.qtctl("follow", rollout)
            #expect(answer.code == 0, "\(answer)")
            #expect(summary?.verdicts(of: "h2") == ["verified", "verified"])
            #expect(try await bare.version() == next)
            try await bare.reset()
        }

        @Test func aRunningJobIsFinishedByTheOldAgentFirst() async throws {
            try await fleet.deployGood()
            let next = try await bare.remake("/root/next", digit: "9")
            let commit = try await lab.run("commit", "--message", "while one works")
            let starts = try await bare.starts(of: "quantum-apply-layer")
            try await lab.on("h2", "touch /tmp/hold")
            let rollout = try await submit()
            #expect(try await isHeld("h2", in: rollout))
            let old = try await lab.on("h2", "systemctl show -P MainPID qtagent")
            try await lab.on("h2", "systemd-run --quiet --unit=upgrade --remain-after-exit /root/next/install.sh")
            let isStopping = try await lab.eventually {
                try await lab.on("h2", "systemctl show -P ActiveState qtagent") == "deactivating"
            }
            #expect(isStopping)
            #expect(
                try await lab.on("h2", "test -e /proc/\(old)/exe && readlink /proc/\(old)/exe").contains("/qtdeploy/"))
            try await lab.on("h2", "rm /tmp/hold")
            let (answer, summary) = try await fleet.qtctl("follow", rollout)
            #expect(answer.code == 0, "\(answer)")
            #expect(summary?.verdicts(of: "h2") == ["verified", "verified"])
            #expect(try await bare.isHeard(with: next))
            let isDone = try await lab.eventually {
                try await lab.on("h2", "systemctl show -P SubState upgrade") != "running"
            }
            #expect(isDone)
            #expect(try await lab.on("h2", "systemctl show -P Result upgrade; systemctl stop upgrade") == "success")
            #expect(try await fleet.picture("h2").head == commit)
            #expect(try await bare.starts(of: "quantum-apply-layer") == starts + 1)
            #expect(try await lab.on("h2", "ls /var/lib/qtagent/jobs | grep -c \(rollout)") == "1")
            // The job was ended by the process that began it: nothing was recovered.
            let said = try await lab.on("h2", "journalctl -o cat --no-pager _PID=\(old) -t qtagent | grep 'job ends'")
            #expect(said.contains(rollout) && said.contains("verified"), "\(said)")
            try await bare.reset()
        }

        /// A release that must not take the place of one that works: what is wrong with it, and words of the refusal.
        struct Broken: Sendable, CustomTestStringConvertible {
            var testDescription: String
            var change: String
            var spoil = ":"
            var words: String
        }

        private static func instead(_ word: String, _ action: String) -> String {
            """
            mv bin/qtagent bin/real
            printf '#!/bin/sh\\n[ "$1" != \(word) ] || { \(action); }\\nexec "${0%%/*}/real" "$@"\\n' >bin/qtagent
            chmod +x bin/qtagent
            """
        }

        /// Tells systemd that it is ready, as its main process, and dies.
        private static let dyingSoon = """
            mv bin/qtagent bin/real
            cat >bin/qtagent <<'END'
            #!/bin/sh
            [ "$1" = run ] || exec "${0%/*}/real" "$@"
            exec /usr/bin/python3 -c 'import os, socket, time
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])
            time.sleep(0.5)
            os._exit(1)'
            END
            chmod +x bin/qtagent
            """

        static let brokenReleases = [
            Broken(
                testDescription: "damaged", change: ":", spoil: "printf x >>/root/bad/bin/qtctl",
                words: "fetch the tarball"),
            Broken(testDescription: "half of another", change: "sed -i s/9/8/ RELEASE", words: "its agent says"),
            Broken(testDescription: "other machine", change: "sed -i s/arch=.*/arch=vax/ RELEASE", words: "is for vax"),
            Broken(testDescription: "no program", change: "echo garbage >bin/qtagent", words: "does not run here"),
            Broken(
                testDescription: "does not know the configuration",
                change: instead("check-config", "echo unknown key fleet >&2; exit 1"), words: "unknown key fleet"),
            Broken(
                testDescription: "does not start", change: instead("run", "echo no start >&2; exit 1"),
                words: "runs again"),
            Broken(testDescription: "dies after it was ready", change: dyingSoon, words: "runs again"),
        ]

        @Test(arguments: brokenReleases) func aBrokenReleaseIsRefusedOrTakenBack(one: Broken) async throws {
            try await bare.remake("/root/bad", digit: "9", change: one.change)
            let before = try await bare.version()
            let answer = try await bare.attempt("\(one.spoil); /root/bad/install.sh")
            #expect(answer.code == 1, "\(answer)")
            #expect(answer.errors.contains(one.words), "\(answer)")
            #expect(try await bare.version() == before)
            #expect(try await lab.on("h2", "systemctl is-active qtagent") == "active")
            #expect(try await bare.isHeard(with: before))
            #expect(try await lab.on("h2", "ls -A /usr/lib/qtdeploy | grep -e new -e old || true") == "")
        }

        @Test func anUpgradeCanBeTakenBack() async throws {
            let old = try await bare.version()
            let next = try await bare.remake("/root/next", digit: "9")
            // The folder as it is when a person without root has unpacked it.
            try await lab.on("h2", "chown -R qt /root/next; chmod -R g+w,o= /root/next; /root/next/install.sh")
            #expect(
                try await lab.on(
                    "h2", "find /usr/lib/qtdeploy ! -type l \\( ! -user root -o -perm /go=w -o ! -perm -o=r \\)") == "")
            #expect(try await bare.isHeard(with: next))
            try await lab.on("h2", "/usr/lib/qtdeploy/current/install.sh --rollback")
            #expect(try await bare.isHeard(with: old))
        }

        @Test func aLossOfPowerAfterAnUpgradeLeavesTheNewRelease() async throws {
            let next = try await bare.remake(
                "/root/next", digit: "9", change: "sed -i '1i # as of the next release' units/*")
            // What was unpacked is on the disk for certain; the rest is install.sh's to save.
            try await lab.on("h2", "sync --file-system /root/next; /root/next/install.sh")
            try await lab.run("crash", "h2")
            try await lab.run("start", "h2")
            #expect(try await bare.isHeard(with: next))
            let units = "cd /root/next/units; for unit in *; do cmp $unit /usr/lib/systemd/system/$unit; done"
            #expect(try await lab.on("h2", "\(units); cmp ../bin/qtctl /usr/bin/qtctl") == "")
            try await bare.reset()
        }

        /// Submits a rollout over both hosts, h1 first, and leaves it.
        private func submit() async throws -> String {
            let (answer, summary) = try await fleet.qtctl("deploy", "--all", "--yes", "--detach")
            try #require(answer.code == 0, "\(answer)")
            return try #require(summary?.rollout)
        }

        /// Whether the host's job comes to stand in its `prepare`.
        private func isHeld(_ host: String, in rollout: String) async throws -> Bool {
            try await lab.eventually {
                try await lab.run("redis-cli", "HGET", "{qt:lab}:rollout:\(rollout):targets", "\(host)/step")
                    == "prepare"
            }
        }
    }
}
