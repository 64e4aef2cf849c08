import Coordination
import DeployModel
import DeployProtocol
import RedisClient
import TestSupport
import Testing

extension LabTests {
    /// What others write into Redis for a host costs neither the host nor the order behind it.
    @Suite(.serialized) struct BadInputTests {
        private static let h1 = HostName(accepted: "h1")
        private static let count = 10_000
        private static let keys = Keys(fleet: FleetName(accepted: "lab"))
        let fleet = LabFleet()
        var host: HeldHost { HeldHost(fleet: fleet, name: "h1") }

        /// 10,000 things, and right behind them, before the agent has read them all, a good order.
        @Test func nothingOfAFloodIsActedOnAndTheGoodOrderBehindItBegins() async throws {
            let head = try await fleet.deployGood()
            let commit = try await fleet.lab.run("commit", "--message", "behind a flood")
            let redis = fleet.redis()
            let state = Fleet(name: FleetName(accepted: "lab"), redis: redis)
            let order = try fleet.order(["h1"], from: head, to: commit, at: try await state.serverTime())
            let signature = try await fleet.sign(order)
            let before = try await Standing(host, fleet)
            let since = try await host.now()

            var flood = BadInput(seed: Seed.value, keys: Self.keys, host: Self.h1, order: order)
            try await flood.write(Self.count, over: redis)
            #expect(try await state.submit(order, signature: signature) == .taken)
            let (answer, summary) = try await fleet.qtctl("follow", order.id.text)
            #expect(answer.code == 0, "\(answer)")
            #expect(summary?.verdicts(of: "h1") == ["verified", "verified"])

            let bad = flood.submitted
            #expect(bad.count > 500 && flood.longOnes == Self.count / 250)
            let isRefused = try await fleet.lab.eventually { try await states(bad, redis) == ["failed"] }
            let left = try await states(bad, redis)
            #expect(isRefused, "QT_TEST_SEED=\(Seed.value): \(left)")
            let isEmpty = try await fleet.lab.eventually {
                try await redis.call(RedisCommand("HLEN", Self.keys.pending(Self.h1)), within: .seconds(5))
                    == .integer(0)
            }
            #expect(isEmpty)
            try await everythingIsAsBefore(before, but: order)
            try await startedInTime(order.id, state, redis)
            let busiest = try await host.busiestSecond(since: since)
            #expect(busiest.lines <= 2, "\(busiest)")
            for words in [
                ["plan", "--all"], ["status"], ["rollouts"], ["show", bad[0].text], ["follow", bad[1].text],
            ] {
                let answer = try await fleet.lab.answer(["qtctl"] + words)
                let isMeant = words[0] == "follow" ? answer.code == 5 : answer.code == 0
                #expect(isMeant, "\(words): \(answer)")
            }
            await redis.close()
        }

        /// What must not change, or not by much: which process the agent is, its memory, the jobs that it ever took.
        private struct Standing {
            var process: String
            var resident: Int
            var peak: Int
            var jobs: Set<Substring>
            var starts: [String: Int]

            init(_ host: HeldHost, _ fleet: LabFleet) async throws {
                process = try await host.on("systemctl show -p MainPID,NRestarts,InvocationID qtagent")
                let memory = try await host.on(
                    "awk '/^Vm(HWM|RSS)/ { print $2 }' /proc/$(systemctl show -p MainPID --value qtagent)/status")
                let numbers = memory.split(separator: "\n").compactMap { Int($0) }
                try #require(numbers.count == 2)
                (peak, resident) = (numbers[0], numbers[1])
                jobs = Set(try await host.on("ls /var/lib/qtagent/jobs").split(separator: "\n"))
                starts = try await fleet.starts("h1")
            }
        }

        private func everythingIsAsBefore(_ before: Standing, but order: Order) async throws {
            let after = try await Standing(host, fleet)
            #expect(after.process == before.process, "the agent died")
            #expect(after.jobs.subtracting(before.jobs) == ["\(order.id)-deploy-1"])
            #expect(after.starts == before.starts.mapValues { $0 + 1 })
            #expect(try await host.spool() == "")
            let picture = try await fleet.picture("h1")
            #expect(picture.head == order.commit.text && picture.status == "")
            let grown = (resident: after.resident - before.resident, peak: after.peak - before.resident)
            #expect(grown.peak < 16 << 10, "KiB: \(before) \(after)")
            print("bad input: resident \(before.resident) -> \(after.resident) KiB, peak \(after.peak) KiB")
        }

        /// By Redis' own clock: submitted, and accepted by the host.
        private func startedInTime(_ id: RolloutID, _ state: Fleet, _ redis: RedisClient) async throws {
            var place = StreamPlace.beginning
            let events = try await state.events(id, behind: &place, wait: .zero)
            let accepted = try #require(events.first { $0.state == "accepted" }?.time)
            let submitted = try #require(try await state.rollout(id)?.submitted)
            let latency = accepted.milliseconds - submitted.milliseconds
            #expect(latency < 5000)
            print("bad input: accepted after \(latency) ms")
        }

        private func states(_ ids: [RolloutID], _ redis: RedisClient) async throws -> Set<String> {
            let replies = try await redis.pipeline(
                ids.map { RedisCommand("HGET", Self.keys.rollout($0), "state") }, within: .seconds(5))
            return Set(replies.map { $0.text ?? "nothing" })
        }
    }
}
