import TestSupport
import Testing

/// Every suite that needs the lab stands in this one, so that they share it, one test after the other.
@Suite(.serialized, .enabled(if: InLab.isPossible, InLab.why), .inLab) struct LabTests {}

extension LabTests {
    @Suite(.serialized) struct RolloutTests {
        let fleet = LabFleet()

        @Test func aGoodCommitIsVerifiedEverywhereAndThenUnchanged() async throws {
            let commit = try await fleet.lab.run("commit", "--message", "a first release")
            let (first, summary) = try await fleet.qtctl("deploy", "--all", "--yes", "-m", "the first rollout")
            #expect(first.code == 0, "\(first)")
            #expect(summary?.state == "succeeded")
            #expect(summary?.targets?.map(\.verdict) == Array(repeating: "verified", count: 6))
            for host in LabFleet.hosts {
                #expect(try await fleet.picture(host).head == commit)
                #expect(try await fleet.runs(commit, on: host), "\(host)")
            }
            let rollout = try #require(summary?.rollout)
            let evidence = try await fleet.lab.run("qtctl", "show", rollout, "--evidence")
            for fact in ["ok unit", "ok invocation", "ok user", "ok directory", "ok checkout", "ok metrics", "ok log"] {
                #expect(evidence.contains(fact), "\(fact) is missing in \(evidence)")
            }

            let before = try await fleet.pictures()
            let (second, again) = try await fleet.qtctl("deploy", "--all", "--yes")
            #expect(second.code == 0, "\(second)")
            #expect(again?.targets?.map(\.verdict) == Array(repeating: "unchanged", count: 6))
            #expect(try await fleet.pictures() == before)
        }

        @Test func theStreamsReadAsALog() async throws {
            let commit = try await fleet.deployGood()
            let results = try await fleet.lab.run("redis-cli", "XREVRANGE", "{qt:lab}:results", "+", "-", "COUNT", "6")
            for word in ["verified", commit, "h3", "quantum-reconcile-engine", "operator", "a good release"] {
                #expect(results.contains(word), "\(word) is missing in \(results)")
            }
            let audit = try await fleet.lab.run("redis-cli", "XREVRANGE", "{qt:lab}:audit", "+", "-", "COUNT", "40")
            for word in ["submit", "succeeded", "claimed", "prev", "a good release"] {
                #expect(audit.contains(word), "\(word) is missing in \(audit)")
            }
        }
    }
}
