import TestSupport
import Testing

extension LabTests {
    /// Hosts that are cut off or frozen, for less and for more than the lease.
    @Suite(.serialized) struct PartitionTests {
        let fleet = LabFleet()
        var lab: Lab { fleet.lab }
        func host(_ name: String) -> HeldHost { HeldHost(fleet: fleet, name: name) }

        /// The fleet's times, made short: only the host's own renewal every 8 s bounds the lease from below.
        private static let times = [
            "accept_ms": "8000", "lease_ttl_ms": "12000", "silence_ms": "6000", "unknown_ms": "600000",
        ]

        private func shorten(_ names: String...) async throws {
            for name in names {
                try await lab.run("redis-cli", "HSET", "{qt:lab}:meta", name, try #require(Self.times[name]))
            }
        }

        private func clean() async throws {
            for (name, _) in Self.times { try await lab.run("redis-cli", "HDEL", "{qt:lab}:meta", name) }
            for name in LabFleet.hosts { try await host(name).clean() }
        }

        /// Each host is cut off in another way while its job runs, and heals before the lease ends: nobody notices.
        @Test(arguments: [["cable", "drop", "deaf"], ["mute", "reject", "loss:50"]])
        func shorterThanTheLeaseNothingHappens(modes: [String]) async throws {
            try await fleet.deployGood()
            for name in LabFleet.hosts { try await host(name).holdInPrepare() }
            let commit = try await lab.run("commit", "--message", "cut off for a moment")
            let rollout = try await submit()
            for (name, mode) in zip(LabFleet.hosts, modes) {
                try await host(name).reaches(rollout, "checkout_done")
                try await lab.run("partition", name, mode)
                try await host(name).release()
                try await host(name).reaches(rollout, "restart_done", count: 2)
                try await lab.run("heal", name)
            }
            let (answer, summary) = try await fleet.qtctl("follow", rollout)
            #expect(answer.code == 0, "\(answer)")
            #expect(summary?.targets?.map(\.verdict) == Array(repeating: "verified", count: 6))
            for host in LabFleet.hosts { #expect(try await fleet.runs(commit, on: host)) }
            try await clean()
        }

        /// Cut off before it could take the order: known not to have begun, and not touched when it is back.
        @Test func beforeTheAcceptItIsUnreachable() async throws {
            let h1 = host("h1")
            try await fleet.deployGood()
            try await h1.holdInPrepare()
            let before = try await [fleet.picture("h2"), fleet.picture("h3")]
            let commit = try await lab.run("commit", "--message", "to a host that is away")
            try await shorten("accept_ms")
            let rollout = try await submit()
            try await h1.reaches(rollout, "checkout_done")
            try await lab.run("partition", "h2", "drop")
            try await h1.release()
            let (answer, summary) = try await fleet.qtctl("follow", rollout)
            #expect(answer.code == 7, "\(answer)")
            #expect(summary?.verdicts(of: "h1") == ["verified", "verified"])
            #expect(summary?.verdicts(of: "h2") == ["unreachable", "unreachable"])
            #expect(summary?.verdicts(of: "h3") == ["skipped", "skipped"])
            try await lab.run("heal", "h2")
            #expect(try await fleet.runs(commit, on: "h1"))
            #expect(try await lab.eventually { try await membership("h2") == "idle" })
            #expect(try await [fleet.picture("h2"), fleet.picture("h3")] == before)
            try await clean()
        }

        /// Longer than the lease before the first restart: silent, then put back without a restart.
        @Test func pastTheLeaseBehindTheCheckoutItIsPutBack() async throws {
            let h1 = host("h1")
            try await fleet.deployGood()
            try await h1.holdInPrepare()
            let before = try await fleet.picture("h1")
            try await lab.run("commit", "--message", "longer than the lease")
            try await shorten("lease_ttl_ms", "silence_ms")
            let rollout = try await submit()
            try await h1.reaches(rollout, "checkout_done")
            try await lab.run("partition", "h1")
            #expect(try await pastTheLease(rollout, "h1"))
            #expect(try await state(rollout, "h1") == "silent")
            try await h1.release()
            try await h1.reaches(rollout, "ended")
            try await lab.run("heal", "h1")
            let (answer, summary) = try await fleet.qtctl("follow", rollout)
            #expect(answer.code == 4, "\(answer)")
            #expect(summary?.verdicts(of: "h1") == ["failed", "failed"])
            #expect(summary?.verdicts(of: "h2") == ["skipped", "skipped"])
            #expect(try await fleet.picture("h1") == before)
            try await clean()
        }

        /// Longer than the lease behind the first restart: cut off, the job goes through and says that it had no lease; frozen,
        /// the restart itself may have run out of time, and then the way back is gone to its end.
        @Test(arguments: ["partition", "freeze"])
        func pastTheLeaseBehindARestartItGoesThrough(fault: String) async throws {
            let h1 = host("h1")
            let good = try await fleet.deployGood()
            try await h1.holdInRestart()
            let commit = try await lab.run("commit", "--message", "through without a lease")
            try await shorten("lease_ttl_ms", "silence_ms")
            let rollout = try await submit()
            try await h1.reaches(rollout, "restart_begun", count: 2)
            try await cut("h1", fault)
            #expect(try await pastTheLease(rollout, "h1"))
            #expect(try await state(rollout, "h1") == "silent")
            try await h1.release()
            if fault == "partition" { try await h1.reaches(rollout, "ended") }
            try await restore("h1", fault)
            try await h1.reaches(rollout, "ended")
            let (answer, summary) = try await fleet.qtctl("follow", rollout)
            // It was silent, which counts as a failed host: the rollout halted even where the host is good.
            #expect(answer.code != 0, "\(answer)")
            let isThrough = summary?.verdicts(of: "h1") == ["verified", "verified"]
            #expect(isThrough || fault == "freeze" && summary?.verdicts(of: "h1") == ["reverted", "reverted"])
            #expect(try await fleet.runs(isThrough ? commit : good, on: "h1"))
            if fault == "partition" { #expect(answer.output.contains("finished_without_lease"), "\(answer)") }
            try await clean()
        }

        private func cut(_ host: String, _ fault: String) async throws {
            if fault == "freeze" { try await lab.run("freeze", host) } else { try await lab.run("partition", host) }
        }

        private func restore(_ host: String, _ fault: String) async throws {
            try await lab.run(fault == "freeze" ? "thaw" : "heal", host)
        }

        /// Waits until the lease of a silent host has run out by the server's clock, which is later than by the host's own.
        private func pastTheLease(_ rollout: String, _ host: String) async throws -> Bool {
            try await lab.eventually {
                let lease = "{qt:lab}:lease:\(LabFleet.services[0])"
                let holder = try await lab.run("redis-cli", "HGET", lease, "holder:\(host)")
                let now = try await lab.run("redis-cli", "TIME").split(separator: "\n").first.flatMap { Int($0) }
                guard let end = holder.split(separator: " ").last.flatMap({ Int($0) }), let now else { return false }
                return try await state(rollout, host) == "silent" && now * 1000 > end
            }
        }

        private func state(_ rollout: String, _ host: String) async throws -> String {
            try await lab.run("redis-cli", "HGET", "{qt:lab}:rollout:\(rollout):targets", "\(host)/state")
        }

        private func membership(_ host: String) async throws -> String {
            try await lab.run("redis-cli", "HGET", "{qt:lab}:host:\(host)", "state")
        }

        private func submit() async throws -> String {
            let (answer, summary) = try await fleet.qtctl("deploy", "--all", "--yes", "--detach")
            try #require(answer.code == 0, "\(answer)")
            return try #require(summary?.rollout)
        }
    }
}
