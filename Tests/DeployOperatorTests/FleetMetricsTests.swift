import DeployModel
import DeployProtocol
import Foundation
import RedisClient
import TestSupport
import Testing

@testable import Coordination
@testable import DeployOperator

/// `qtctl metrics` on a real Redis: what it says of a fleet at work, and of what nobody of us wrote.
@Suite(.timeLimit(.minutes(5))) struct FleetMetricsTests {
    private static let keys = Keys(fleet: StandIn.name)

    private func variables(_ server: RedisServer) -> [String: String] {
        ["QTCTL_FLEET": StandIn.name.text, "QTCTL_REDIS": "\(server.address)", "QTCTL_SIGNATURES": "off"]
    }

    private func send(_ server: RedisServer, _ words: String...) async throws {
        _ = try await server.client("somebody").call(RedisCommand(words: words), within: .seconds(10))
    }

    @Test func aFleetAtWork() async throws {
        try await TemporaryFolder.with { folder async throws in
            try await StandIn.with([.init(name: "h1"), .init(name: "h2", verdict: .reverted)]) { stage async throws in
                let all = variables(stage.server).merging(["HOME": "\(folder)", "QTCTL_OPERATOR": "ann"]) { $1 }
                let deploy = await Qtctl.run("qtctl deploy --all --yes 2>&1", all)
                #expect(deploy.code == 3, "\(deploy)")
                let answer = await Qtctl.run("qtctl metrics", all)
                #expect(answer.code == 0, "\(answer)")
                #expect(try await Promtool.check(answer.output) == "")
                let lines = answer.output.split(separator: "\n").map(String.init)
                let place = #"host="h1",service="quantum-apply-layer""#
                for line in [
                    #"qtdeploy_host_info{host="h1",version="test",contract="1"} 1"#,
                    #"qtdeploy_host_membership_info{host="h2",membership="enrolled"} 1"#,
                    #"qtdeploy_host_up{host="h1"} 1"#, #"qtdeploy_host_job_running{host="h1"} 0"#,
                    "qtdeploy_service_active{\(place)} 1",
                    #"qtdeploy_service_running_commit_info{\#(place),commit="\#(Samples.old)",basis="known"} 1"#,
                    #"qtdeploy_service_checkout_commit_info{\#(place),commit="\#(Samples.old)",branch="main"} 1"#,
                    #"qtdeploy_service_drift{\#(place),kind="running"} 0"#,
                    // The stand-in's beats never change: it was verified elsewhere than they say.
                    #"qtdeploy_service_drift{\#(place),kind="checkout"} 1"#,
                    #"qtdeploy_service_last_verdict_info{\#(place),verdict="verified",commit="\#(Samples.new)"} 1"#,
                    #"qtdeploy_service_last_verdict_info{host="h2",service="quantum-apply-layer",verdict="reverted","#
                        + #"commit="\#(Samples.new)"} 1"#,
                    #"qtdeploy_service_lease_held{service="quantum-apply-layer"} 0"#,
                    #"qtdeploy_rollouts{state="failed"} 1"#, #"qtdeploy_rollouts{state="running"} 0"#,
                    "qtdeploy_on_hold 0", "qtdeploy_stream_error 0", #"qtdeploy_stream_entries{stream="results"} 2"#,
                    "qtdeploy_left_out 0",
                ] { #expect(lines.contains(line), "\(line)\n\(answer.output)") }
                #expect(!lines.contains("qtdeploy_last_beat_timestamp_seconds 0"))
            }
        }
    }

    @Test func aLeaseAndAHold() async throws {
        try await RedisServer.with { server async throws in
            let stage = StandIn(server: server, fleet: Fleet(name: StandIn.name, redis: server.client("test")))
            try await stage.enrol("h1")
            try await send(server, "HSET", Self.keys.lease(Samples.apply), "rollout", "x", "since_ms", "1500")
            try await server.setHold(of: StandIn.name, until: 9_007_199_254_740_991)
            let page = await Qtctl.run("qtctl metrics", variables(server)).output
            #expect(page.contains("\nqtdeploy_on_hold 1\n"))
            #expect(page.contains(#"lease_since_timestamp_seconds{service="quantum-apply-layer"} 1.5"#))
            #expect(page.contains(#"qtdeploy_service_lease_held{service="quantum-apply-layer"} 1"#))
        }
    }

    /// Redis is shared: every name and value below may be anybody's.
    @Test func whatOthersWroteBreaksNothing() async throws {
        try await RedisServer.with { server async throws in
            let stage = StandIn(server: server, fleet: Fleet(name: StandIn.name, redis: server.client("test")))
            try await stage.enrol("h1")
            let keys = Self.keys
            let evil = "a\"b\\c\n# TYPE evil gauge\nevil{x=\"\u{1B}[2J"
            let host = keys.host(HostName(accepted: "h1"))
            for field in ["agent", "contract", "state", "rollout", "step"] {
                try await send(server, "HSET", host, field, evil)
            }
            for field in ["unit_state", "branch", "basis", "user", "checkout", "running", "since", "source"] {
                try await send(server, "HSET", host, "service/quantum-apply-layer/\(field)", evil)
            }
            try await send(server, "HSET", host, "service/evil\n} 1/source", "x", "beat_ms", evil)
            try await send(
                server, "HSET", keys.hosts, "h2", evil, "h\n3", "enrolled", "h4", String(repeating: "x", count: 1 << 20)
            )
            try await send(server, "SET", keys.host(HostName(accepted: "h4")), evil)
            try await send(server, "ZADD", keys.rollouts, "1", evil, "2", Samples.id.text)
            try await send(server, "HSET", keys.rollout(Samples.id), "v", "1", "state", "running")
            let place = "h1/quantum-apply-layer/"
            try await send(server, "HSET", keys.targets(Samples.id), place + "verdict", evil, place + "commit", evil)
            let other = RolloutID.random()
            try await send(server, "ZADD", keys.rollouts, "3", other.text)
            try await send(server, "SET", keys.rollout(other), evil)
            try await send(server, "SET", keys.lease(Samples.apply), evil)
            try await send(server, "SET", keys.service(Samples.apply), evil)
            try await send(server, "DEL", keys.audit)
            try await send(server, "SET", keys.audit, evil)
            try await send(server, "HSET", keys.meta, "hold_until", evil, "last_beat", evil, "stream_error", evil)
            let answer = await Qtctl.run("qtctl metrics", variables(server))
            #expect(answer.code == 0, "\(answer)")
            #expect(try await Promtool.check(answer.output) == "")
            #expect(!answer.output.contains("\nevil") && !answer.output.contains("\u{1B}"))
            #expect(answer.output.contains("\nqtdeploy_rollouts{state=\"unreadable\"} 1\n"), "\(answer.output)")
            #expect(answer.output.contains("\nqtdeploy_stream_error 1\n"))
            #expect(!answer.output.contains("stream=\"audit\"") && !answer.output.contains("_verdict_info{"))
        }
    }

    @Test func moreThanAFleetMayHaveIsLeftOutAndSaid() async throws {
        try await RedisServer.with { server async throws in
            let names = (1...1003).flatMap { ["h\($0)", "seen 1 - - "] }
            _ = try await server.client("somebody").call(
                RedisCommand(words: ["HSET", Self.keys.hosts] + names), within: .seconds(10))
            let page = await Qtctl.run("qtctl metrics", variables(server)).output
            #expect(page.contains("\nqtdeploy_left_out 3\n"))
            #expect(page.split(separator: "\n").count { $0.hasPrefix("qtdeploy_host_up{") } == 1000)
        }
    }

    @Test func aTextfileIsReplacedInOneStep() async throws {
        try await TemporaryFolder.with { folder async throws in
            try await RedisServer.with { server async throws in
                let path = "\(folder)/fleet.prom"
                let script = """
                    cd '\(folder)'; umask 077; ln -s victim fleet.prom
                    qtctl metrics --textfile fleet.prom 2>notes; code=$?
                    cat notes; stat -c '%a %F' fleet.prom; ls; exit $code
                    """
                let answer = await Qtctl.run(script, variables(server))
                #expect(answer.code == 0, "\(answer)")
                #expect(
                    answer.output
                        == "metrics of fleet lab written to fleet.prom\n644 regular file\nfleet.prom\nnotes\n")
                let page = try String(contentsOfFile: path, encoding: .utf8)
                #expect(try await Promtool.check(page) == "")
                // Where the look fails the last page stays.
                try await server.stop()
                let away = await Qtctl.run("qtctl metrics --textfile '\(path)' 2>&1", variables(server))
                #expect(away.code == 1 && away.output.contains("can't be reached"), "\(away)")
                #expect(try String(contentsOfFile: path, encoding: .utf8) == page)
            }
        }
    }

    @Test(arguments: [
        ("qtctl metrics --json", 2, "leave --json out"), ("qtctl metrics --textfile x.txt", 2, "ends in .prom"),
        ("qtctl metrics", 1, "can't be reached"), ("qtctl metrics --textfile", 2, "--textfile"),
    ]) func wordsAndExitCodes(script: String, code: Int32, words: String) async {
        let answer = await Qtctl.run(script + " 2>&1", QtctlTests.fleet)
        #expect(answer.code == code, "\(answer)")
        #expect(answer.output.contains(words), "\(answer)")
    }

    @Test func aFolderThatIsMissingIsNamed() async throws {
        try await RedisServer.with { server async throws in
            let answer = await Qtctl.run("qtctl metrics --textfile /nowhere/x.prom 2>&1", variables(server))
            #expect(answer.code == 2, "\(answer)")
            #expect(answer.output.contains("/nowhere/x.prom can't be written: No such file"), "\(answer)")
        }
    }

    /// Who reads a name in an alert at night finds there what it means.
    @Test func everyNameStandsInTheDocument() throws {
        let document = try String(contentsOfFile: "\(Repository.root)/agent/README.md", encoding: .utf8)
        var counts = FleetCounts(now: Samples.now, downAfter: .seconds(90), hosts: [Samples.host("h1")])
        let place = ServicePlace(host: HostName(accepted: "h1"), service: Samples.apply)
        counts.verdicts = [place: LastVerdict(verdict: .verified, commit: nil)]
        counts.leases = [Samples.apply: Samples.now]
        counts.memory = FleetMemory(holdUntil: nil, lastBeat: nil, hasStreamError: false, entries: [.results: 1])
        let names = FleetPage.text(StandIn.name, counts).split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }
            .map { $0.split(separator: " ")[2] }
        #expect(names.count > 15)
        for name in names { #expect(document.contains("| `\(name)"), "\(name)") }
    }
}
