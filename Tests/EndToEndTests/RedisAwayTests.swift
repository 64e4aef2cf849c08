import TestSupport
import Testing

extension LabTests {
    /// Redis that is away, full, refuses writes, forgets, or lies, while a rollout goes on.
    @Suite(.serialized) struct RedisAwayTests {
        let fleet = LabFleet()
        var lab: Lab { fleet.lab }
        func host(_ name: String) -> HeldHost { HeldHost(fleet: fleet, name: name) }

        /// At each of three hosts Redis dies in another step: behind the checkout, between two restarts, in the proof.
        @Test func killedAndStartedAtEachStepARolloutGoesOn() async throws {
            let (h1, h2, h3) = (host("h1"), host("h2"), host("h3"))
            try await fleet.deployGood()
            try await h1.holdInPrepare()
            try await h2.holdInRestart()
            let commit = try await lab.run("commit", "--message", "through three outages")
            let rollout = try await submit()
            async let followed = fleet.qtctl("follow", rollout)
            try await h1.reaches(rollout, "checkout_done")
            let since = try await h1.now()
            try await lab.run("redis", "kill")
            try await h1.release()
            try await h1.reaches(rollout, "ended")
            #expect(try await h1.spool().contains(rollout))
            try await lab.run("redis", "start")
            try await h2.reaches(rollout, "restart_begun", count: 2)
            try await lab.run("redis", "kill")
            try await lab.run("redis", "start")
            try await h2.release()
            try await h3.reaches(rollout, "restart_done", count: 2)
            try await lab.run("redis", "kill")
            try await h3.reaches(rollout, "ended")
            try await lab.run("redis", "start")
            let (answer, summary) = try await followed
            #expect(answer.code == 0, "\(answer)")
            #expect(answer.errors.contains("Redis answers again"), "\(answer)")
            #expect(summary?.targets?.map(\.verdict) == Array(repeating: "verified", count: 6))
            for host in LabFleet.hosts { #expect(try await fleet.runs(commit, on: host)) }
            #expect(try await h1.spool() == "")
            try await quiet(since)
            try await clean()
        }

        /// Inspect, fetch, lease: the outage begins with the order.
        @Test func killedAsSoonAsTheOrderIsTaken() async throws {
            try await fleet.deployGood()
            let commit = try await lab.run("commit", "--message", "an outage at once")
            let rollout = try await submit()
            let since = try await host("h1").now()
            try await lab.run("redis", "kill")
            #expect(try await host("h1").says("redis away"))
            try await lab.run("redis", "start")
            let (answer, _) = try await fleet.qtctl("follow", rollout)
            #expect(answer.code == 0, "\(answer)")
            for host in LabFleet.hosts { #expect(try await fleet.runs(commit, on: host)) }
            try await quiet(since)
        }

        /// A Redis that takes no writes ends no step and begins no job: without memory, with a spoilt disk, as a replica.
        @Test func whatRunsIsFinishedAndNothingBeginsUntilRelief() async throws {
            let (h1, h2, h3) = (host("h1"), host("h2"), host("h3"))
            try await fleet.deployGood()
            try await h1.holdInPrepare()
            try await h2.holdInRestart()
            let commit = try await lab.run("commit", "--message", "no room")
            let rollout = try await submit()
            try await h1.reaches(rollout, "checkout_done")
            let since = try await h1.now()
            try await lab.run("redis-cli", "CONFIG", "SET", "maxmemory", "1")
            try await h1.release()
            // The report is taken, it dispatches h2, and h2's accept is what has no room.
            #expect(try await h2.says("OOM"))
            #expect(try await target(rollout, "h2/state") == "dispatched")
            try await lab.run("redis-cli", "CONFIG", "SET", "maxmemory", "0")
            try await h2.reaches(rollout, "restart_begun", count: 2)
            try await lab.run("redis", "spoil")
            try await h2.release()
            try await h2.reaches(rollout, "ended")
            #expect(try await h2.says("report waits on the disk"))
            #expect(try await h2.spool().contains(rollout))
            try await lab.run("redis", "relieve")
            try await h3.reaches(rollout, "claimed")
            try await lab.run("redis-cli", "REPLICAOF", "127.0.0.1", "1")
            try await h3.reaches(rollout, "ended")
            #expect(try await h3.spool().contains(rollout))
            try await lab.run("redis-cli", "REPLICAOF", "NO", "ONE")
            let (answer, summary) = try await fleet.qtctl("follow", rollout)
            #expect(answer.code == 0, "\(answer)")
            #expect(summary?.targets?.map(\.verdict) == Array(repeating: "verified", count: 6))
            for host in LabFleet.hosts { #expect(try await fleet.runs(commit, on: host)) }
            try await quiet(since)
            try await clean()
        }

        /// Bells that are used up or of another type: what is dispatched is found all the same, and a mended bell rings.
        @Test func aSpoiltBellCostsNoOrder() async throws {
            let h1 = host("h1")
            try await fleet.deployGood()
            try await h1.holdInPrepare()
            let commit = try await lab.run("commit", "--message", "without bells")
            let rollout = try await submit()
            try await h1.reaches(rollout, "checkout_done")
            let since = try await h1.now()
            let last = "18446744073709551615-18446744073709551615"
            try await lab.run("redis-cli", "XADD", "{qt:lab}:commands:h2", last, "v", "1", "op", "nothing")
            try await lab.run("redis-cli", "DEL", "{qt:lab}:commands:h3")
            try await lab.run("redis-cli", "SET", "{qt:lab}:commands:h3", "no stream")
            try await h1.release()
            let (answer, _) = try await fleet.qtctl("follow", rollout)
            #expect(answer.code == 0, "\(answer)")
            for host in LabFleet.hosts { #expect(try await fleet.runs(commit, on: host)) }
            for host in ["h2", "h3"] {
                try await lab.run("redis-cli", "DEL", "{qt:lab}:commands:\(host)")
                let isHeard = try await lab.eventually {
                    try await fleet.qtctl("plan", "--all", "--host", host).answer.code == 0
                }
                #expect(isHeard)
            }
            try await quiet(since)
            try await clean()
        }

        /// A bell that was trimmed at the moment of the dispatch, before the host could hear it.
        @Test func aTrimmedBellCostsNoOrder() async throws {
            let (h1, h2) = (host("h1"), host("h2"))
            try await fleet.deployGood()
            try await h1.holdInPrepare()
            let commit = try await lab.run("commit", "--message", "trimmed away")
            let rollout = try await submit()
            try await h1.reaches(rollout, "checkout_done")
            try await lab.run("freeze", "h2")
            try await h1.release()
            let isDispatched = try await lab.eventually { try await target(rollout, "h2/state") == "dispatched" }
            #expect(isDispatched)
            try await lab.run("redis-cli", "XTRIM", "{qt:lab}:commands:h2", "MAXLEN", "0")
            let since = try await h2.now()
            try await lab.run("thaw", "h2")
            let (answer, _) = try await fleet.qtctl("follow", rollout)
            #expect(answer.code == 0, "\(answer)")
            for host in LabFleet.hosts { #expect(try await fleet.runs(commit, on: host)) }
            try await quiet(since)
            try await clean()
        }

        /// All data lost in the middle, with the server or under it: the host finishes, keeps its report, and the follower says
        /// that it can't be known.
        @Test(arguments: [["redis", "lose"], ["redis-cli", "FLUSHALL"]])
        func aRedisThatForgotIsToldAsSuch(words: [String]) async throws {
            let h1 = host("h1")
            let good = try await fleet.deployGood()
            try await h1.holdInPrepare()
            let commit = try await lab.run("commit", "--message", "forgotten")
            let rollout = try await submit()
            try await h1.reaches(rollout, "checkout_done")
            let since = try await h1.now()
            _ = try await lab.answer(words)
            let (answer, _) = try await fleet.qtctl("follow", rollout)
            #expect(answer.code == 1, "\(answer)")
            #expect(answer.errors.contains("no rollout"), "\(answer)")
            try await h1.release()
            try await h1.reaches(rollout, "ended")
            #expect(try await h1.says("report waits on the disk"))
            #expect(try await h1.spool().contains(rollout))
            let picture = try await fleet.picture("h1")
            #expect([good, commit].contains(picture.head))
            #expect(picture.status == "")
            #expect(picture.states == ["active", "active"])
            for host in ["h2", "h3"] { #expect(try await fleet.picture(host).head == good) }
            try await quiet(since)
            try await clean()
            try await h1.on("rm -f /var/lib/qtagent/spool/*")
            try await reenrol()
        }

        /// Redis comes back from a copy in which a finished job is dispatched anew: nothing is done twice, and the host tells
        /// again how it ended.
        @Test func aRedisThatWentBackInTimeStartsNothingTwice() async throws {
            let (h1, h2) = (host("h1"), host("h2"))
            try await fleet.deployGood()
            for (name, time) in [("lease_ttl_ms", "3000"), ("accept_ms", "15000")] {
                try await lab.run("redis-cli", "HSET", "{qt:lab}:meta", name, time)
            }
            try await h1.holdInPrepare()
            let commit = try await lab.run("commit", "--message", "twice")
            let (answer, summary) = try await fleet.qtctl(
                "deploy", "--all", "--yes", "--detach", "--host", "h1", "--host", "h2")
            let rollout = try #require(summary?.rollout, "\(answer)")
            try await h1.reaches(rollout, "checkout_done")
            try await lab.run("freeze", "h2")
            try await h1.release()
            let isDispatched = try await lab.eventually { try await target(rollout, "h2/state") == "dispatched" }
            #expect(isDispatched)
            try await lab.run("redis", "keep")
            try await lab.run("thaw", "h2")
            #expect(try await fleet.qtctl("follow", rollout).answer.code == 0)
            let starts = try await [fleet.starts("h1"), fleet.starts("h2")]
            let since = try await h2.now()
            try await lab.run("redis", "rewind")
            let (again, later) = try await fleet.qtctl("follow", rollout)
            #expect(again.code == 0, "\(again)")
            for host in ["h1", "h2"] { #expect(later?.verdicts(of: host) == ["verified", "verified"], "\(again)") }
            #expect(try await [fleet.starts("h1"), fleet.starts("h2")] == starts)
            for host in ["h1", "h2"] { #expect(try await fleet.runs(commit, on: host)) }
            try await quiet(since)
            try await clean()
            try await reenrol()
        }

        /// A Redis that is emptied, or older, knows less of the fleet than its hosts: made a fleet again, it works.
        private func reenrol() async throws {
            try await lab.run("provision")
            let isGood = try await lab.eventually { try await fleet.qtctl("plan", "--all").answer.code == 0 }
            #expect(isGood)
            let isDeployed = try await lab.eventually {
                try await fleet.qtctl("deploy", "--all", "--yes", "-m", "a fleet again").answer.code == 0
            }
            #expect(isDeployed)
        }

        /// No agent said more than two lines in any second since a moment: no loop runs hot.
        private func quiet(_ since: String) async throws {
            for name in LabFleet.hosts {
                let busiest = try await host(name).busiestSecond(since: since)
                #expect(busiest.lines <= 2, "\(name): \(busiest)")
            }
        }

        private func submit() async throws -> String {
            let (answer, summary) = try await fleet.qtctl("deploy", "--all", "--yes", "--detach")
            try #require(answer.code == 0, "\(answer)")
            return try #require(summary?.rollout)
        }

        private func target(_ rollout: String, _ field: String) async throws -> String {
            try await lab.run("redis-cli", "HGET", "{qt:lab}:rollout:\(rollout):targets", field)
        }

        private func clean() async throws { for name in LabFleet.hosts { try await host(name).clean() } }
    }
}
