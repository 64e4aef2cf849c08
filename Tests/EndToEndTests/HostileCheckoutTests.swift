import TestSupport
import Testing

extension LabTests {
    /// A checkout whose hooks and configuration name programs wherever git would run one. A trace of every execve of the agent
    /// and its children shows that none of them was even tried.
    @Suite(.serialized) struct HostileCheckoutTests {
        let host = GitHost()
        /// All that a deployment of the lab's services runs. `git` runs itself under this name too.
        static let allowed: Set = [
            "/usr/bin/setpriv", "/usr/bin/prlimit", "/usr/bin/git", "/usr/lib/git-core/git", "/usr/bin/systemctl",
            "/usr/bin/journalctl", "/usr/bin/test", "/usr/bin/rm", "/usr/bin/sync", "/usr/bin/ssh-keygen",
        ]
        private static let traps = "/usr/local/lib/traps"
        private static let hooks = [
            "applypatch-msg", "fsmonitor-watchman", "post-applypatch", "post-checkout", "post-commit",
            "post-index-change", "post-merge", "post-rewrite", "pre-auto-gc", "pre-commit", "pre-merge-commit",
            "pre-push", "pre-rebase", "prepare-commit-msg", "reference-transaction", "update",
        ]
        /// Keys whose value is a program, or makes git look for one.
        private static let keys = [
            "alias.fetch", "alias.merge", "alias.status", "core.alternateRefsCommand", "core.askPass", "core.editor",
            "core.fsmonitor", "core.gitProxy", "core.pager", "core.sshCommand", "credential.helper",
            "credential.git://origin.helper", "diff.external", "diff.trap.command", "diff.trap.textconv",
            "gpg.program", "gpg.ssh.program", "gpg.x509.program", "interactive.diffFilter", "merge.trap.driver",
            "mergetool.trap.cmd", "pager.log", "pager.status", "remote.origin.uploadpack",
            "remote.origin.receivepack", "sequence.editor", "ssh.variant", "trailer.trap.command",
            "uploadpack.packObjectsHook",
        ]
        private static let switches = [
            "branch.main.mergeOptions --squash", "color.ui always", "column.ui always", "core.untrackedCache true",
            "diff.ignoreSubmodules all", "diff.orderFile /dev/null", "fetch.fsckObjects false",
            "fetch.prune true", "fetch.recurseSubmodules true", "fetch.writeCommitGraph true", "gc.auto 1",
            "gc.autoDetach false", "log.follow true", "log.showSignature true", "maintenance.auto true",
            "merge.ff false", "protocol.ext.allow always", "status.showUntrackedFiles all", "submodule.recurse true",
        ]

        /// Sets every trap, a part of them in files that the configuration includes.
        private func setTraps() async throws {
            try await host.on(
                """
                mkdir -p \(Self.traps) /run/ran; chmod 777 /run/ran
                cp -a \(GitHost.path)/.git/config /run/config.good
                for name in $1; do
                    case $name in
                    remote.origin.uploadpack) rest='exec git-upload-pack "$@"' ;;
                    core.fsmonitor) rest="printf '/\\\\0'" ;;
                    # It stands for the connection itself.
                    core.gitProxy) rest='exec python3 -c "
                import os, socket, sys, threading
                there = socket.create_connection((sys.argv[1], int(sys.argv[2])))
                def back():
                    while data := there.recv(65536): os.write(1, data)
                    os.close(1)
                threading.Thread(target=back).start()
                while data := os.read(0, 65536): there.sendall(data)
                " "$@"' ;;
                    *) rest='exit 0' ;;
                    esac
                    printf '#!/bin/sh\\n: 2>/dev/null > /run/ran/%s\\n%s\\n' "$(echo $name | tr / _)" "$rest" \
                        > "\(Self.traps)/$(echo $name | tr / _)"
                done
                chmod 755 \(Self.traps)/*
                """, (Self.hooks + Self.keys).joined(separator: " "))
            let set = Self.keys.map { "\(GitHost.git) config '\($0)' '\(Self.traps)/\($0.replacing("/", with: "_"))'" }
            let switched = Self.switches.map { "\(GitHost.git) config \($0)" }
            try await host.on((set + switched).joined(separator: "\n"))
            try await host.on(
                """
                cp \(Self.traps)/* \(GitHost.path)/.git/hooks/; chown qt \(GitHost.path)/.git/hooks/*
                printf '[core]\\n\\thooksPath = \(Self.traps)\\n' > \(GitHost.path)/.git/included
                \(GitHost.git) config include.path included
                \(GitHost.git) config 'includeIf.gitdir:\(GitHost.path)/.path' included
                printf '* diff=trap merge=trap\\n' > \(GitHost.path)/.git/info/attributes
                """)
        }

        private static let removeTraps = """
            cp -a /run/config.good \(GitHost.path)/.git/config
            rm -rf \(traps) /run/ran \(GitHost.path)/.git/included \(GitHost.path)/.git/info/attributes
            rm -f \(GitHost.path)/.git/hooks/*
            """

        /// The programs that are tried while `body` runs, by the agent or its children.
        private func programs(of pid: String, _ body: () async throws -> Void) async throws -> [String] {
            try await host.on(
                """
                systemd-run --quiet --collect --unit=tracer \
                    strace -f -qq -s 200 -e trace=execve,execveat -o /run/trace -p \(pid)
                until grep -q '^TracerPid:[[:space:]]*[1-9]' /proc/\(pid)/status; do sleep 0.1; done
                """)
            try await host.cleaning("systemctl stop tracer", body)
            return try await tried()
        }

        private func tried() async throws -> [String] {
            try await host.on("cat /run/trace; rm /run/trace").split(separator: "\n").compactMap { line in
                let parts = line.split(separator: "\"", omittingEmptySubsequences: false)
                return line.contains("execve") && parts.count > 1 ? String(parts[1]) : nil
            }
        }

        @Test func nothingOfTheCheckoutRunsInADeployment() async throws {
            try await host.fleet.deployGood(host: host.name)
            let commit = try await host.lab.run("commit", "--message", "into a hostile checkout")
            try await setTraps()
            try await host.cleaning(Self.removeTraps) {
                let agent = try await host.on("systemctl show -p MainPID --value qtagent")
                let ran = try await programs(of: agent) {
                    let (answer, summary) = try await host.deploy()
                    #expect(answer.code == 0, "\(answer)")
                    #expect(summary?.verdicts(of: host.name) == ["verified", "verified"], "\(answer)")
                }
                #expect(
                    ran.count > 100 && Set(ran).isSuperset(of: ["/usr/bin/git", "/usr/bin/setpriv"]), "\(ran.count)")
                #expect(Set(ran).subtracting(Self.allowed) == [])
                #expect(try await host.on("ls /run/ran; cat \(GitHost.path)/.git/refs/heads/main") == commit)
                try await plainGitWalksIntoThem()
            }
        }

        /// The traps are real, and the trace sees them.
        private func plainGitWalksIntoThem() async throws {
            try await host.lab.run("commit", "--message", "by hand")
            let trace = "strace -f -qq -s 200 -e trace=execve,execveat -o /run/trace -A"
            let git = GitHost.git.replacing("git -C", with: "git -c branch.main.mergeOptions= -c fetch.prune=false -C")
            try await host.on(
                """
                touch /run/trace
                for verb in 'fetch -q origin' 'status' 'merge -q --ff-only origin/main' 'reset -q --hard HEAD~1'; do
                    \(trace) \(git) $verb > /dev/null 2>&1 || true
                done
                """)
            let ran = Set(try await tried().filter { $0.hasPrefix("/usr/local/lib/traps/") })
            let files = Set(try await host.on("ls /run/ran").split(separator: "\n").map(String.init))
            for name in ["core.fsmonitor", "core.gitProxy", "reference-transaction", "post-index-change"] {
                #expect(ran.contains("\(Self.traps)/\(name)") && files.contains(name), "\(name): \(ran) \(files)")
            }
        }

        /// What can't be switched off is refused before a checkout could run it, whatever the attributes say.
        @Test(arguments: [
            "filter.trap.clean", "filter.trap.smudge", "filter.trap.process", "filter.trap.required",
            "hook.trap.command",
        ])
        func aFilterIsRefused(key: String) async throws {
            try await host.lab.run("commit", "--message", "not to be deployed")
            try await host.on("\(GitHost.git) config \(key) \(key.hasSuffix("required") ? "true" : "/bin/true")")
            try await host.cleaning("\(GitHost.git) config --unset \(key)") {
                try await host.expectNothing(5, "repository_unsupported", "--show-origin --get-all '\(key)'", key)
            }
        }

        @Test func aSparseCheckoutInTheWorktreesOwnConfigurationIsRefused() async throws {
            try await host.lab.run("commit", "--message", "not to be deployed")
            try await host.on("\(GitHost.git) sparse-checkout set --no-cone '/*'")
            let undo = """
                \(GitHost.git) sparse-checkout disable; \(GitHost.git) config --unset extensions.worktreeConfig
                rm -f \(GitHost.path)/.git/config.worktree
                """
            try await host.cleaning(undo) {
                try await host.expectNothing(5, "repository_unsupported", "a sparse checkout")
            }
        }
    }
}
