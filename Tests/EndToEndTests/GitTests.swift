import TestSupport
import Testing

extension LabTests {
    /// git as it comes: remotes that are away, hang or lie, other gits at work, branches that were rewritten. Whatever it is, it
    /// ends within its limit, in the right verdict, with the tree and the services untouched.
    @Suite(.serialized) struct GitTests {
        let host = GitHost()
        var fleet: LabFleet { host.fleet }
        var lab: Lab { host.lab }
        private static let lock = "\(GitHost.path)/.git/index.lock"

        /// A plan asks the remote too: nothing is submitted.
        @Test func aRemoteThatDoesNotAnswerIsSaidByThePlan() async throws {
            try await fleet.deployGood(host: host.name)
            try await lab.run("commit", "--message", "out of reach")
            try await host.withRemote("git://origin:9/origin.git") {
                try await host.expectNothing(5, "remote_unreachable", "Connection refused", "down")
            }
            try await host.withRemote("git://origin/gone.git") {
                try await host.expectNothing(5, "remote_unreachable", "check the remote", "gone")
            }
            try await fleet.tuned(host.name, ["fetch": "3s"]) {
                try await host.withBadRemote("silent") {
                    try await host.expectNothing(5, "remote_unreachable", "git ls-remote", "silent")
                }
            }
        }

        /// The remote answers the plan, and then the fetch fails.
        @Test func aFetchThatGoesWrongEndsWithinItsLimit() async throws {
            try await fleet.deployGood(host: host.name)
            let commit = try await lab.run("commit", "--message", "out of reach")
            try await fleet.tuned(host.name, ["fetch": "3s"]) {
                for (mode, words) in [
                    ("hang", "limit of 3"), ("slow", "limit of 3"), ("rubbish", "git fetch"), ("cut", "git fetch"),
                    ("close", "git fetch"), ("shout", "all is lost"),
                ] {
                    try await host.withBadRemote(mode) {
                        try await host.expectNothing(4, "remote_unreachable", words, mode, verdict: "failed")
                    }
                    let left = try await host.on("ls \(GitHost.path)/.git/objects/pack | grep tmp_ || true")
                    #expect(left == "", "\(mode): half a pack is left")
                }
            }
            // Nothing of the last remote's words reached a terminal as anything but text.
            let rollout = try await lab.run("redis-cli", "ZREVRANGE", "{qt:lab}:rollouts", "0", "0")
            let events = try await lab.run("redis-cli", "XRANGE", "{qt:lab}:rollout:\(rollout):events", "-", "+")
            let shown = try await lab.run("qtctl", "show", rollout, "--evidence")
            for text in [events, shown] {
                #expect(text.contains("all is lost") && !text.contains("\u{1b}") && !text.contains("\u{7}"), "\(text)")
            }
            try await host.expectVerified(commit)
        }

        /// A fetch may take long: nobody else is kept waiting for it.
        @Test func noLeaseIsHeldWhileFetching() async throws {
            try await fleet.deployGood(host: host.name)
            try await lab.run("commit", "--message", "out of reach")
            try await fleet.tuned(host.name, ["fetch": "6s"]) {
                try await host.withBadRemote("hang") {
                    let submitted = try await fleet.qtctl(
                        "deploy", "--all", "--host", host.name, "--yes", "--detach", "-m", "test")
                    let rollout = try #require(submitted.summary?.rollout)
                    let isFetching = try await lab.eventually {
                        try await host.on("pgrep -f 'git.* fetch --no-tags' || true") != ""
                    }
                    #expect(isFetching)
                    for service in LabFleet.services {
                        let lease = try await lab.run("redis-cli", "HGETALL", "{qt:lab}:lease:\(service)")
                        #expect(lease.contains(rollout) && !lease.contains("holder:"), "\(lease)")
                    }
                    #expect(try await fleet.qtctl("follow", rollout).answer.code == 4)
                }
            }
        }

        @Test func aRemoteThatLostAnObjectIsSaid() async throws {
            try await fleet.deployGood(host: host.name)
            try await host.on(
                """
                rm -rf /srv/damaged; mkdir -p /srv/damaged; cd /srv/damaged
                git clone -q --bare \(GitHost.goodRemote) origin.git
                systemd-run --quiet --collect --unit=damaged git daemon --export-all --base-path=/srv/damaged --port=9420
                """)
            try await host.cleaning("systemctl stop damaged; rm -r /srv/damaged") {
                try await host.on(
                    """
                    cd /srv/damaged/origin.git
                    mv objects/pack/*.pack /srv/damaged; rm -f objects/pack/*
                    for pack in /srv/damaged/*.pack; do git unpack-objects -q < $pack; done
                    new=$(printf lost | git hash-object -w --stdin)
                    tree=$(printf '100644 blob %s\\tlost\\n' $new | git mktree)
                    commit=$(git -c user.name=t -c user.email=t@t commit-tree -p main -m lost $tree)
                    git update-ref refs/heads/main $commit
                    rm -f objects/$(printf %s $new | cut -c1-2)/$(printf %s $new | cut -c3-)
                    until git ls-remote git://127.0.0.1:9420/origin.git > /dev/null 2>&1; do sleep 0.1; done
                    """)
                try await host.withRemote("git://127.0.0.1:9420/origin.git") {
                    try await host.expectNothing(4, "remote_unreachable", "git fetch", "lost object", verdict: "failed")
                }
            }
        }

        @Test func aLockThatIsLeftBehindIsRefusedAndStays() async throws {
            try await fleet.deployGood(host: host.name)
            let commit = try await lab.run("commit", "--message", "behind a lock")
            try await host.on("setpriv --reuid qt --regid qt --clear-groups touch \(Self.lock)")
            try await host.expectNothing(5, "path_locked", "rm \(Self.lock)", "left behind")
            try await host.on("test -e \(Self.lock); rm \(Self.lock)")
            try await host.on(
                """
                systemd-run --quiet --collect --unit=somebody --uid=qt \
                    /bin/sh -c 'exec 9> \(Self.lock); exec sleep 1000'
                until test -e \(Self.lock); do sleep 0.1; done
                """)
            try await host.cleaning("systemctl stop somebody; rm -f \(Self.lock)") {
                try await host.expectNothing(5, "path_locked", "(sleep) is at work", "held")
                try await host.on("test -e \(Self.lock)")
            }
            try await host.expectVerified(commit)
        }

        @Test func aRefThatIsLockedForLongIsNoRemoteThatIsAway() async throws {
            try await fleet.deployGood(host: host.name)
            let commit = try await lab.run("commit", "--message", "behind a ref's lock")
            let lock = "\(GitHost.path)/.git/refs/remotes/origin/main.lock"
            try await host.on("setpriv --reuid qt --regid qt --clear-groups touch \(lock)")
            try await fleet.tuned(host.name, ["fetch": "5s"]) {
                try await host.expectNothing(4, "path_locked", lock, "ref", verdict: "failed")
            }
            try await host.on("rm \(lock)")
            try await host.expectVerified(commit)
        }

        @Test func othersMayFetchAndLookMeanwhile() async throws {
            try await fleet.deployGood(host: host.name)
            let loop = """
                systemd-run --quiet --collect --unit=NAME --uid=qt --nice=19 \
                    /bin/sh -c 'while :; do git -C \(GitHost.path) COMMAND; done'
                """
            let fetching = loop.replacing("NAME", with: "fetching").replacing("COMMAND", with: "fetch -q origin")
            let looking = loop.replacing("NAME", with: "looking")
                .replacing("COMMAND", with: "update-index -q --refresh")
            try await host.on(fetching + "\n" + looking)
            try await host.cleaning("systemctl stop fetching looking; rm -f \(Self.lock)") {
                for number in 1...3 {
                    let commit = try await lab.run("commit", "--message", "beside others, \(number)")
                    try await host.expectVerified(commit, "\(number)")
                }
            }
        }

        /// The plan can't see it before the first fetch; after it, it does. Nobody's commits are called local for it.
        @Test func aRewrittenBranchIsRefusedUntilSomebodySaysSo() async throws {
            let good = try await fleet.deployGood(host: host.name)
            let rewritten = try await host.atOrigin(
                """
                new=$(git -c user.name=t -c user.email=t@t commit-tree -p main~1 -m rewritten 'main^{tree}')
                git update-ref refs/heads/main $new; printf %s $new
                """)
            for time in ["first", "second"] {
                try await host.expectNothing(5, "not_fast_forward", "--allow-downgrade", time)
            }
            try await goTo(rewritten)
            try await host.atOrigin("git update-ref refs/heads/main \(good)")
            try await host.expectNothing(5, "not_fast_forward", "--allow-downgrade", "back")
            try await goTo(good)
        }

        private func goTo(_ commit: String) async throws {
            let said = try await lab.answer(
                "exec", host.name, "--", "qtagent", "deploy", LabFleet.services[0], "--commit", commit, "--reason",
                "the branch was rewritten", "--allow-downgrade", "--yes")
            #expect(said.code == 0, "\(said)")
            #expect(try await fleet.picture(host.name).head == commit)
            #expect(try await fleet.runs(commit, on: host.name))
        }

        /// What git runs there runs as root: it must be root's alone.
        @Test func aTreeOfRootIsDeployedAsLongAsItIsRootsAlone() async throws {
            try await fleet.deployGood(host: host.name)
            let commit = try await lab.run("commit", "--message", "root's")
            try await host.on("chown -R root:root \(GitHost.path)")
            try await host.cleaning("chown -R qt:qt \(GitHost.path)") {
                for (open, close) in [
                    ("chmod o+w \(GitHost.path)/.git/config", "chmod o-w \(GitHost.path)/.git/config"),
                    ("chown qt \(GitHost.path)/.git/refs", "chown root \(GitHost.path)/.git/refs"),
                    ("chmod o+w \(GitHost.path)", "chmod o-w \(GitHost.path)"),
                ] {
                    try await host.on(open)
                    try await host.expectNothing(5, "code_owner", "chown -R", open)
                    try await host.on(close)
                }
                try await host.expectVerified(commit)
                #expect(try await host.on("find \(GitHost.path) ! -user root") == "")
            }
        }
    }
}
