import Coordination
import DeployModel
import Foundation
import TestSupport
import Testing

@testable import DeployAgent

@Suite struct AgentPageTests {
    static let page = AgentPage(fleet: FleetName(accepted: "lab"), host: HostName(accepted: "h1"), version: "1.2.3")
    static let old = CommitID(accepted: String(repeating: "a", count: 40))
    static let new = CommitID(accepted: String(repeating: "b", count: 40))

    static func facts(_ name: String, _ change: (inout ServiceFacts) -> Void = { _ in }) -> ServiceFacts {
        var facts = ServiceFacts(
            service: ServiceName(accepted: name), source: "quantum_trader", unitState: "active",
            canonicalPath: "/home/qt/quantum_trader", user: "qt", checkout: new, branch: "main", running: new,
            basis: "known", since: Timestamp(milliseconds: 5000))
        change(&facts)
        return facts
    }

    /// Counts in which everything has happened.
    static func full(_ services: [ServiceFacts] = [facts("quantum-apply-layer")]) throws -> AgentCounts {
        var counts = AgentCounts()
        counts.beat(.heard(.enrolled, due: 0), at: Timestamp(milliseconds: 7500))
        counts.failed(.deadline)
        counts.ended(.deploy, .verified)
        counts.ended(.deploy, .refused)
        counts.took(.fetch, milliseconds: 1500)
        counts.took(.verify, milliseconds: 10_200)
        counts.isJobRunning = true
        counts.saw(services, at: Timestamp(milliseconds: 8000))
        counts.reports = try ReportBoardTests.board([
            ReportBoardTests.report(1, .verified, at: 6000, ordered: new, running: new)
        ])
        return counts
    }

    @Test func whatIsKnownIsSaid() throws {
        let lines = Self.page.text(try Self.full()).split(separator: "\n").map(String.init)
        for line in [
            #"qtagent_info{version="1.2.3",host="h1",fleet="lab"} 1"#, "qtagent_last_beat_timestamp_seconds 7.5",
            "qtagent_redis_connected 1", #"qtagent_redis_errors_total{kind="deadline"} 1"#,
            #"qtagent_redis_errors_total{kind="unreachable"} 0"#, "qtagent_reports_waiting 1", "qtagent_job_running 1",
            #"qtagent_jobs_total{op="deploy",outcome="verified"} 1"#,
            #"qtagent_jobs_total{op="revert",outcome="revert_failed"} 0"#,
            #"qtagent_job_step_duration_seconds_bucket{step="fetch",le="1"} 0"#,
            #"qtagent_job_step_duration_seconds_bucket{step="fetch",le="5"} 1"#,
            #"qtagent_job_step_duration_seconds_sum{step="verify"} 10.2"#,
            "qtagent_services_look_timestamp_seconds 8",
            #"qtagent_service_active{service="quantum-apply-layer"} 1"#,
            #"qtagent_service_start_timestamp_seconds{service="quantum-apply-layer"} 5"#,
            #"qtagent_service_drift{service="quantum-apply-layer",kind="running"} 0"#,
            #"qtagent_service_drift{service="quantum-apply-layer",kind="checkout"} 0"#,
            #"qtagent_service_running_commit_info{service="quantum-apply-layer",commit="\#(Self.new)",basis="known"} 1"#,
            #"qtagent_service_checkout_commit_info{service="quantum-apply-layer",commit="\#(Self.new)",branch="main"} 1"#,
            #"qtagent_service_last_verdict_info{service="quantum-apply-layer",verdict="verified",commit="\#(Self.new)"} 1"#,
            #"qtagent_service_last_verdict_timestamp_seconds{service="quantum-apply-layer"} 6"#,
        ] { #expect(lines.contains(line), "\(line)") }
    }

    @Test func anAgentThatHasJustStartedHasAWholePage() async throws {
        let text = Self.page.text(AgentCounts())
        #expect(text.contains("\nqtagent_last_beat_timestamp_seconds 0\n"))
        #expect(text.contains("\nqtagent_redis_connected 0\n"))
        #expect(!text.contains("qtagent_service_drift{"))
        #expect(try await Promtool.check(text) == "")
    }

    /// Names come from root's own configuration, but what systemd and git say of a unit is anybody's text.
    @Test func promtoolHasNothingToSay() async throws {
        let hostile = "a\"b\\c\n# TYPE evil counter\nevil{x=\"\u{1B}[2J"
        let services = [
            Self.facts("quantum-apply-layer"),
            Self.facts("b@1.x:y") {
                $0.unitState = hostile
                $0.branch = hostile
                $0.basis = hostile
                $0.running = nil
            },
        ]
        let text = Self.page.text(try Self.full(services))
        #expect(try await Promtool.check(text) == "")
        #expect(!text.contains("\nevil"))
    }

    @Test(
        arguments: [
            (new, "known", new, false, false), (old, "known", new, true, false), (new, "inferred", old, false, true),
            (nil, "mixed", new, true, false), (nil, "unknown", new, nil, false), (new, "known", nil, false, nil),
        ] as [(CommitID?, String, CommitID?, Bool?, Bool?)])
    func driftIsSaidWhereItIsKnown(
        running: CommitID?, basis: String, proven: CommitID?, runs: Bool?, isMoved: Bool?
    ) {
        let facts = Self.facts("a") {
            $0.running = running
            $0.basis = basis
        }
        #expect(facts.has(.running, proven: proven) == runs)
        #expect(facts.has(.checkout, proven: proven) == isMoved)
    }

    /// Who reads a name in an alert at night finds there what it means.
    @Test func everyNameStandsInTheDocument() throws {
        let document = try String(contentsOfFile: "\(Repository.root)/agent/README.md", encoding: .utf8)
        let names = Self.page.text(try Self.full()).split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }
            .map { $0.split(separator: " ")[2] }
        #expect(names.count > 15)
        for name in names { #expect(document.contains("| `\(name)"), "\(name)") }
    }
}
