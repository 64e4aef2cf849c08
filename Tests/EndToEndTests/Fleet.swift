import Foundation
import RedisClient
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

    /// The lab's Redis, from this machine.
    func redis() -> RedisClient {
        RedisClient(RedisConfiguration(address: .unix(path: lab.redisSocket), clientName: "end-to-end"))
    }

    /// What stands on a host: to show that nothing was touched, or that one whole commit runs.
    struct Picture: Equatable {
        var head: String
        var status: String
        var invocations: [String]
        var states: [String]
    }

    func picture(_ host: String) async throws -> Picture {
        // Whoever owns the tree: a test may have given it to root.
        let git = "setpriv --reuid qt --regid qt --clear-groups git -c safe.directory='*' -C \(Self.path)"
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

    /// A release that works, on every host or on one: where each test begins.
    @discardableResult func deployGood(host: String? = nil) async throws -> String {
        let commit = try await lab.run("commit", "--message", "a good release")
        let words = ["qtctl", "deploy", "--all", "--yes", "-m", "a good release", "--json"]
        let answer = try await lab.answer(words + (host.map { ["--host", $0] } ?? []))
        try #require(answer.code == 0, "\(answer)")
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

    /// How often systemd has started each service of a host, since the host's journal began.
    func starts(_ host: String) async throws -> [String: Int] {
        var starts: [String: Int] = [:]
        for service in Self.services {
            // SD_MESSAGE_UNIT_STARTED (sd-messages.h).
            let count = try await lab.on(
                host,
                "journalctl -q -o cat _PID=1 UNIT=\(service).service MESSAGE_ID=39f53479d3a045ac8e11786248231fbf | wc -l"
            )
            starts[service] = Int(count)
        }
        return starts
    }

    /// Does something while the agent of a host has other timings.
    func tuned(_ host: String, _ timings: [String: String], _ body: () async throws -> Void) async throws {
        let lines = timings.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)\n" }.joined()
        let file = "/etc/qtagent/agent.d/tuned.yaml"
        try await lab.on(
            host, "mkdir -p /etc/qtagent/agent.d; printf 'timings:\\n%s' \"$1\" > \(file); systemctl restart qtagent",
            lines)
        try await waitForAgent(host)
        do { try await body() } catch {
            try await lab.on(host, "rm \(file); systemctl restart qtagent")
            throw error
        }
        try await lab.on(host, "rm \(file); systemctl restart qtagent")
        try await waitForAgent(host)
    }

    /// Waits until a host's agent answers questions again.
    func waitForAgent(_ host: String) async throws {
        let isBack = try await lab.eventually {
            try await lab.answer("qtctl", "plan", "--all", "--host", host).code != 5
        }
        #expect(isBack)
    }

    /// Does something while the stack's units of a host have further lines: `units` and `each` one for each
    /// service, `service` for both.
    func withDropIn(
        _ host: String, units: [String] = ["", ""], service: [String] = [], each: [String] = ["", ""],
        _ body: () async throws -> Void
    ) async throws {
        for (name, (unit, own)) in zip(Self.services, zip(units, each)) {
            let folder = "/etc/systemd/system/\(name).service.d"
            try await lab.on(
                host, "mkdir -p \(folder); printf '%s\\n' '[Unit]' \"$1\" '[Service]' \"$2\" > \(folder)/case.conf",
                unit,
                (service + [own]).joined(separator: "\n"))
        }
        let remove =
            Self.services.map { "rm /etc/systemd/system/\($0).service.d/case.conf; " }.joined()
            + "systemctl daemon-reload"
        try await lab.on(host, "systemctl daemon-reload")
        do { try await body() } catch {
            try await lab.on(host, remove)
            throw error
        }
        try await lab.on(host, remove)
    }
}
