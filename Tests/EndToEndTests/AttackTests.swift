import Coordination
import DeployModel
import DeployProtocol
import RedisClient
import TestSupport
import Testing

extension LabTests {
    /// The promise of signed orders: access to Redis alone deploys nothing. Each attack is tried for real, and behind each one an
    /// honest order shows that the hosts have come past it.
    @Suite(.serialized) struct AttackTests {
        let fleet = LabFleet()

        @Test func noAttackByWayOfRedisChangesAService() async throws {
            try await SigningKeys.with(["operator"]) { forger in
                let redis = fleet.redis()
                let state = Fleet(name: LabFleet.name, redis: redis)
                let attacker = Attacker(
                    fleet: fleet, redis: redis, state: state, forger: forger, loot: try await loot(state))
                #expect(Attack.all.count >= 40)
                let before = try await standing()
                var table = "| attack | what the hosts said | services changed |\n|---|---|---|\n"
                for attack in Attack.all {
                    let rollout = try await attack.attempt(attacker)
                    let said = try await answer(rollout, attacker)
                    try await honest(attack.name, attacker)
                    let now = try await standing()
                    #expect(now == before, "\(attack.name)")
                    table += "| \(attack.name) | \(said) | \(now == before ? "none" : "SOME") |\n"
                    try await tidy(attacker, rollout)
                }
                print(table)
                await redis.close()
            }
        }

        /// What must not change: commits, trees and processes of all hosts, and which jobs have changed anything there.
        private struct Standing: Equatable {
            var pictures: [LabFleet.Picture]
            var jobs: [String]
        }

        private func standing() async throws -> Standing {
            let changes = "grep -l -e ^checkout_begun -e ^restart_begun /var/lib/qtagent/jobs/* | sort"
            var jobs: [String] = []
            for host in LabFleet.hosts { jobs.append(try await fleet.lab.on(host, changes)) }
            return Standing(pictures: try await fleet.pictures(), jobs: jobs)
        }

        /// An order of the operator's, over all hosts, that finds everything as it should be.
        private func honest(_ name: String, _ attacker: Attacker) async throws {
            let commit = attacker.loot.done.order.commit.text
            let isThrough = try await fleet.lab.eventually {
                try await fleet.qtctl("deploy", "--all", "--yes", "--batch", "3", "--commit", commit).answer.code == 0
            }
            #expect(isThrough, "no honest order gets through behind: \(name)")
        }

        /// Waits for the refusal, where a host is expected to say one.
        private func answer(_ id: RolloutID?, _ attacker: Attacker) async throws -> String {
            guard let id else { return "-" }
            let isTold = try await fleet.lab.eventually { try await attacker.rules(id) != "-" }
            #expect(isTold, "nothing was said of \(id)")
            return try await attacker.rules(id)
        }

        /// Takes the attacker's dispatches away, so that the next attack is alone.
        private func tidy(_ attacker: Attacker, _ rollout: RolloutID?) async throws {
            // What was said of one attack must not be taken for an answer to the next.
            if let rollout { try await attacker.send(["DEL", Attacker.keys.targets(rollout)]) }
            for host in LabFleet.hosts {
                try await attacker.send(["DEL", Attacker.keys.pending(HostName(accepted: host))])
            }
            for service in LabFleet.services {
                try await attacker.send(["DEL", Attacker.keys.lease(ServiceName(accepted: service))])
            }
        }

        private func loot(_ state: Fleet) async throws -> Attacker.Loot {
            let first = try await fleet.deployGood()
            let second = try await fleet.lab.run("commit", "--message", "carried out")
            let now = try await state.serverTime()
            func signed(_ order: Order) async throws -> Attacker.Signed {
                .init(order: order, signature: try await fleet.sign(order))
            }
            let done = try await signed(try fleet.order(LabFleet.hosts, from: first, to: second, at: now))
            #expect(try await state.submit(done.order, signature: done.signature) == .taken)
            #expect(try await fleet.qtctl("follow", done.order.id.text).answer.code == 0)
            let third = try await fleet.lab.run("commit", "--message", "never wanted")
            let wanted = try fleet.order(LabFleet.hosts, from: second, to: third, at: now)
            var (expired, other, outdated) = (wanted, wanted, wanted)
            (expired.id, other.id, outdated.id) = (.random(), .random(), .random())
            expired.beginBefore = Timestamp(milliseconds: 1000)
            expired.until = Timestamp(milliseconds: 2000)
            other.fleet = FleetName(accepted: "other")
            for index in outdated.lines.indices { outdated.lines[index].expectedHead = try CommitID(first) }
            return Attacker.Loot(
                done: done, forH2: try await signed(try fleet.order(["h2"], from: second, to: third, at: now)),
                expired: try await signed(expired), otherFleet: try await signed(other),
                outdated: try await signed(outdated))
        }
    }
}
