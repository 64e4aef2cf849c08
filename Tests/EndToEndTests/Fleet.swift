import Foundation
import TestSupport
import Testing

/// What the tests ask of the lab's hosts, and what `qtctl` said of them.
struct LabFleet {
    var lab = InLab.lab
    static let hosts = ["h1", "h2", "h3"]
    static let services = ["quantum-apply-layer", "quantum-reconcile-engine"]
    static let path = "/home/qt/quantum_trader"

    /// The last line of `qtctl ... --json`.
    struct Summary: Decodable {
        struct Target: Decodable {
            var host: String
            var service: String
            var verdict: String?
            var step: String?
            var rule: String?
            var error: String?
            var commit: String?
            var running_commit: String?
        }
        var type: String
        var rollout: String?
        var state: String?
        var exit_code: Int32
        var targets: [Target]?

        func verdicts(of host: String) -> [String] {
            (targets ?? []).filter { $0.host == host }.map { $0.verdict ?? "none" }
        }
    }

    /// What stands on a host: to show that nothing was touched, or that one whole commit runs.
    struct Picture: Equatable {
        var head: String
        var status: String
        var invocations: [String]
        var states: [String]
    }

    func picture(_ host: String) async throws -> Picture {
        let git = "setpriv --reuid qt --regid qt --clear-groups git -C \(Self.path)"
        let head = try await lab.on(host, "\(git) rev-parse HEAD")
        let status = try await lab.on(host, "\(git) status --porcelain --untracked-files=no")
        var invocations: [String] = []
        var states: [String] = []
        for service in Self.services {
            invocations.append(try await lab.on(host, "systemctl show -p InvocationID --value \(service)"))
            states.append(try await lab.on(host, "systemctl show -p ActiveState --value \(service)"))
        }
        return Picture(head: head, status: status, invocations: invocations, states: states)
    }

    func pictures() async throws -> [Picture] {
        var pictures: [Picture] = []
        for host in Self.hosts { pictures.append(try await picture(host)) }
        return pictures
    }

    /// Runs a qtctl command with `--json` and reads its last line.
    func qtctl(_ words: String...) async throws -> (answer: Lab.Answer, summary: Summary?) {
        let answer = try await lab.answer(["qtctl"] + words + ["--json"])
        let last = answer.output.split(separator: "\n").last.map(String.init) ?? ""
        let summary = try? JSONDecoder().decode(Summary.self, from: Data(last.utf8))
        return (answer, summary?.type == "summary" ? summary : nil)
    }

    /// A release that works, on every host: where each test begins.
    @discardableResult func deployGood() async throws -> String {
        let commit = try await lab.run("commit", "--message", "a good release")
        let (answer, summary) = try await qtctl("deploy", "--all", "--yes", "-m", "a good release")
        try #require(answer.code == 0, "\(answer)")
        try #require(summary?.state == "succeeded")
        return commit
    }

    /// A release that works, on one host.
    @discardableResult func deployGood(to host: String) async throws -> String {
        let commit = try await lab.run("commit", "--message", "a good release")
        let (answer, summary) = try await qtctl("deploy", "--all", "--host", host, "--yes", "-m", "a good release")
        try #require(answer.code == 0, "\(answer)")
        try #require(summary?.state == "succeeded")
        return commit
    }

    /// Whether every process of a host comes to be known to run `commit`: what a host tells is as old as its last beat.
    func runs(_ commit: String, on host: String) async throws -> Bool {
        try await lab.eventually { try await runsNow(commit, on: host) }
    }

    private func runsNow(_ commit: String, on host: String) async throws -> Bool {
        let answer = try await lab.answer(["qtctl", "status", "--host", host, "--json"])
        let lines = answer.output.split(separator: "\n").filter { $0.contains("\"type\":\"target\"") }
        return lines.count == Self.services.count
            && lines.allSatisfy {
                $0.contains("\"running_commit\":\"\(commit)\"") && $0.contains("\"basis\":\"known\"")
            }
    }
}
