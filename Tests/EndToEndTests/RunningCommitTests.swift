import Foundation
import TestSupport
import Testing

extension LabTests {
    /// How `qtctl status` says that it knows which commit a process runs.
    @Suite(.serialized) struct RunningCommitTests {
        let host = GitHost()
        private static let record = "/var/lib/qtagent/running"

        private struct Line: Decodable {
            var type: String
            var service: String?
            var running_commit: String?
            var basis: String?
            var remark: String?
        }

        /// Waits until every given service is shown with this basis and commit.
        private func shows(
            _ basis: String, _ commit: String?, _ services: [String] = LabFleet.services, remark: String = ""
        ) async throws {
            var said = ""
            let isShown = try await host.lab.eventually {
                said = try await host.lab.run("qtctl", "status", "--host", host.name, "--json")
                let lines = said.split(separator: "\n").compactMap {
                    try? JSONDecoder().decode(Line.self, from: Data($0.utf8))
                }
                let targets = lines.filter { services.contains($0.service ?? "") }
                return targets.count == services.count
                    && targets.allSatisfy {
                        $0.basis == basis && $0.running_commit == commit
                            && (remark.isEmpty || $0.remark?.contains(remark) == true)
                    }
            }
            #expect(isShown, "\(basis) \(commit ?? "-"): \(said)")
        }

        /// An agent that has lost its record, or never had one, asks git's reflog; without that it does not know.
        @Test func whatTheRecordDoesNotSayIsInferredOrUnknown() async throws {
            let good = try await host.fleet.deployGood(host: host.name)
            try await shows("known", good)
            try await host.on("systemctl stop qtagent; rm \(Self.record); systemctl start qtagent")
            try await shows("inferred", good)
            // git asks the branch's reflog where HEAD has none.
            let (logs, away) = ("\(GitHost.path)/.git/logs", "\(GitHost.path)/.git/logs.away")
            try await host.on("systemctl stop qtagent; rm \(Self.record); mv \(logs) \(away); systemctl start qtagent")
            try await host.cleaning("rm -rf \(logs); mv \(away) \(logs)") {
                try await shows("unknown", nil)
                // Not known to run the commit: the same one is restarted to be sure of it.
                let (answer, summary) = try await host.deploy()
                #expect(summary?.verdicts(of: host.name) == ["verified", "verified"], "\(answer)")
                try await shows("known", good)
            }
        }

        /// The record says what the agent checked out, and the reflog who has moved HEAD since.
        @Test func aHeadThatSomebodyMovedAwayAndBackIsNotKnown() async throws {
            let old = try await host.fleet.deployGood(host: host.name)
            let new = try await host.fleet.deployGood(host: host.name)
            let service = LabFleet.services[0]
            // Looked at only when all is over: by then HEAD is where the agent had put it.
            try await host.on(
                """
                # The reflog knows whole seconds.
                next_second() { now=$(date +%s); until test $(date +%s) != $now; do :; done; }
                systemctl stop qtagent; next_second
                \(GitHost.git) reset -q --hard \(old); next_second; systemctl restart \(service); next_second
                \(GitHost.git) reset -q --hard \(new)
                systemctl start qtagent
                """)
            try await shows("inferred", old, [service], remark: "another commit")
            try await shows("known", new, [LabFleet.services[1]])
            let (answer, summary) = try await host.deploy()
            #expect(summary?.verdicts(of: host.name) == ["verified", "verified"], "\(answer)")
        }

        /// A start that somebody forced in the middle of a checkout, past the interlock.
        @Test func aProcessThatStartedDuringACheckoutIsMixed() async throws {
            try await host.fleet.deployGood(host: host.name)
            let commit = try await host.lab.run("commit", "--message", "in the middle of it")
            let service = LabFleet.services[0]
            let (answer, _) = try await host.struck(at: "checkout_moved") {
                try await host.on("rm /var/lib/qtagent/interlock/*; systemctl restart \(service)")
                try await shows("mixed", nil, [service], remark: "started during a checkout")
            }
            // The job restarts it anyway.
            #expect(answer.code == 0, "\(answer)")
            try await shows("known", commit)
        }
    }
}
