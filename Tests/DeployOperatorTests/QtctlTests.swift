import Coordination
import DeployModel
import RedisClient
import TestSupport
import Testing

@testable import DeployOperator

/// The command line from words to exit code.
@Suite struct QtctlTests {
    static let fleet = ["QTCTL_FLEET": "lab", "QTCTL_REDIS": "unix:/nowhere/s", "QTCTL_SIGNATURES": "off"]

    @Test(arguments: [
        ("qtctl --help", 0, "USAGE: qtctl"), ("qtctl help deploy", 0, "--no-revert"), ("qtctl version", 0, "qtctl 0."),
        ("qtctl version --json", 0, #"{"type":"version","schema":1,"#), ("qtctl exit-codes", 0, "130\t"),
        ("qtctl", 0, "SUBCOMMANDS"),
        ("qtctl depoly", 2, "\"depoly\" is no command; deploy was meant?"),
        ("qtctl help staus", 2, "status was meant?"), ("qtctl agents lost", 2, "list was meant?"),
        ("qtctl help exit-codes", 0, "130\t"), ("qtctl status --hots h1", 2, "--host"),
        ("qtctl follow --progress fast", 2, "lines"), ("qtctl plan", 2, "name services, or say --all"),
        ("qtctl plan --all a", 2, "name services, or say --all"), ("qtctl plan --all --frob", 2, "--frob"),
        ("qtctl plan --all --commit abc123", 2, "40 or 64 of 0-9 a-f"),
        ("qtctl plan --all --ref -x", 2, "--ref"), ("qtctl plan --all --ref a..b", 2, "branch name"),
        ("qtctl plan --all --host H1", 2, "host name"), ("qtctl plan a.service", 2, "without the ending .service"),
        ("qtctl plan --all --siblings maybe", 2, "maybe"), ("qtctl plan --all --color blue", 2, "blue"),
        ("qtctl deploy --all --timeout 5", 2, "30s, 5m, 4h or 7d"), ("qtctl deploy --all -m $'a\\nb'", 2, "reason"),
        ("qtctl rollouts -n 0", 2, "1 to 1000"), ("qtctl deploy --all", 2, "--yes"),
        ("qtctl deploy --all --json", 2, "--yes"), ("qtctl agents enrol h1", 2, "--yes"),
        ("qtctl agents enrol h1 --yes --machine 12", 2, "machine-id"),
        ("qtctl plan --all --redis nonsense", 2, "nonsense"),
        ("qtctl status --context x", 2, "context x"), ("qtctl follow", 2, "qtctl rollouts"),
        ("qtctl status", 1, "can't be reached"), ("qtctl follow 12ab", 1, "can't be reached"),
    ]) func wordsAndExitCodes(script: String, code: Int32, words: String) async {
        let answer = await Qtctl.run(script + " 2>&1", Self.fleet)
        #expect(answer.code == code, "\(answer)")
        #expect(answer.output.contains(words), "\(answer)")
        #expect(!answer.output.contains("Fatal error") && !answer.output.contains("RedisError"), "\(answer)")
    }

    @Test(arguments: [
        (["QTCTL_REDIS": "r:1", "QTCTL_SIGNATURES": "off"], "--fleet, QTCTL_FLEET, or a context"),
        (["QTCTL_FLEET": "lab", "QTCTL_SIGNATURES": "off"], "--redis, QTCTL_REDIS, or a context"),
        (["QTCTL_FLEET": "lab", "QTCTL_REDIS": "r:1", "QTCTL_SIGNATURES": "on"], "signing_key for the opposite"),
        (["QTCTL_CONFIG": "/nowhere/x.yaml"], "QTCTL_CONFIG names /nowhere/x.yaml"),
        (Self.fleet.merging(["QTCTL_REDIS_PASSWORD_FILE": "/etc/passwd"]) { $1 }, "chmod 600 /etc/passwd"),
    ]) func settingsThatAreMissingAreNamed(variables: [String: String], words: String) async {
        let answer = await Qtctl.run("qtctl status 2>&1", variables)
        #expect(answer.code == 2, "\(answer)")
        #expect(answer.output.contains(words), "\(answer)")
    }

    @Test func eachFailureEndsWithASummaryInTheJSONForm() async {
        let answer = await Qtctl.run("qtctl status --json 2>/dev/null", Self.fleet)
        #expect(
            answer.output == #"{"type":"summary","schema":1,"rollout":null,"state":null,"commit":null,"#
                + #""exit_code":1,"targets":[]}"# + "\n")
    }

    /// A process substitution that has ended is a pipe without a reader.
    @Test func whenNobodyReadsItLeavesQuietly() async {
        let answer = await Qtctl.run(
            "exec 3> >(:); wait $!; errors=$(qtctl exit-codes 2>&1 >&3); echo \"$?:$errors\"", Self.fleet)
        #expect(answer.output == "130:\n")
    }
}

/// The program against a real Redis with hosts that answer.
@Suite(.timeLimit(.minutes(5))) struct QtctlAtWorkTests {
    private func variables(_ stage: StandIn, _ home: String) -> [String: String] {
        [
            "QTCTL_FLEET": StandIn.name.text, "QTCTL_REDIS": "\(stage.server.address)", "QTCTL_SIGNATURES": "off",
            "HOME": home, "QTCTL_OPERATOR": "ann",
        ]
    }

    @Test func theWordsOfTheCommandLineReachTheOrder() async throws {
        try await TemporaryFolder.with { folder async throws in
            let home = "\(folder)"
            try await StandIn.with([.init(name: "h1"), .init(name: "h2")]) { stage async throws in
                let answer = await Qtctl.run(
                    "qtctl deploy quantum-apply-layer --host h2 --ref main --source quantum_trader --commit \(Samples.new) "
                        + "-m 'for ü' --no-revert --yes --detach 2>&1", variables(stage, home))
                #expect(answer.code == 0, "\(answer)")
                let id = try #require(try await stage.fleet.rollouts(newest: 2).first?.id)
                #expect(answer.output.contains("rollout \(id)\n"))
                #expect(answer.output.contains("qtctl follow \(id.short)"))
                guard case .whole(let text, _) = try await stage.fleet.orderText(id) else { throw CancellationError() }
                let order = try Order(text: text)
                #expect(order.lines.map(\.host.text) == ["h2"])
                #expect(order.commit == Samples.new)
                #expect(order.reason.text == "for ü")
                #expect(order.failedHost == .leave)
                #expect(order.operatorName == StandIn.ann)
                #expect(order.until.milliseconds - order.beginBefore.milliseconds == 13_500_000)
                let follow = await Qtctl.run("qtctl follow 2>/dev/null", variables(stage, home))
                #expect(follow.code == 0, "\(follow)")
                #expect(follow.output.hasSuffix("all is well\n"), "\(follow)")
            }
        }
    }

    @Test func aWholeDeploymentInJSON() async throws {
        try await TemporaryFolder.with { folder async throws in
            let home = "\(folder)"
            try await StandIn.with([.init(name: "h1", verdict: .reverted)]) { stage async throws in
                let answer = await Qtctl.run("qtctl deploy --all --yes --json 2>/dev/null", variables(stage, home))
                #expect(answer.code == 4, "\(answer)")
                let types = answer.output.split(separator: "\n").map { line in
                    String(line.split(separator: "\"").dropFirst(2).dropFirst().first ?? "")
                }
                #expect(types.prefix(3) == ["target", "plan", "rollout"])
                #expect(types.last == "summary")
                #expect(types.count { $0 == "event" } > 5)
                #expect(answer.output.contains(#""state":"failed""#))
                #expect(answer.output.contains(#""exit_code":4,"targets":[{"host":"h1""#))
            }
        }
    }

    @Test(arguments: ["TERM", "INT"]) func aSignalDetaches(signal: String) async throws {
        try await TemporaryFolder.with { folder async throws in
            let home = "\(folder)"
            try await RedisServer.with { server async throws in
                let stage = StandIn(server: server, fleet: Fleet(name: StandIn.name, redis: server.client("test")))
                try await stage.enrol("h1")
                let now = try await stage.fleet.serverTime()
                let made = Plan.make(Samples.all, targets: [Samples.target("h1")], silent: [], notes: []).order(
                    Samples.all, fleet: StandIn.name, id: .random(), operatorName: StandIn.ann, serverTime: now,
                    created: now)
                let order = try #require(made)
                try #require(try await stage.fleet.submit(order, signature: []) == .taken)
                let answer = await Qtctl.run(
                    """
                    qtctl follow \(order.id.short) --json 2>"$HOME/notes" >"$HOME/data" & 
                    until grep -q dispatched "$HOME/data" || ! kill -0 $!; do sleep 0.05; done
                    kill -\(signal) $(pgrep -P $! || echo $!); wait $!; code=$?
                    cat "$HOME/notes"; tail -n 1 "$HOME/data"; exit $code
                    """, variables(stage, home))
                #expect(answer.code == 130, "\(answer)")
                #expect(answer.output.contains("left; rollout \(order.id.short) goes on"), "\(answer)")
                #expect(answer.output.contains(#"{"type":"summary","schema":1,"rollout":"\#(order.id)""#), "\(answer)")
                #expect(try await stage.fleet.rollout(order.id)?.state == .running)
            }
        }
    }

    @Test func whoOnlyLooksGetsTables() async throws {
        try await TemporaryFolder.with { folder async throws in
            let home = "\(folder)"
            try await StandIn.with([.init(name: "h1")]) { stage async throws in
                let all = variables(stage, home)
                let status = await Qtctl.run("qtctl status", all)
                #expect(status.code == 0)
                #expect(
                    status.output.contains("h1    quantum-apply-layer  active  aaaaaaaaaa  aaaaaaaaaa  main"),
                    "\(status)")
                let wrong = await Qtctl.run("qtctl status quantum-aply-layer 2>&1", all)
                #expect(wrong.code == 5)
                #expect(wrong.output.contains("quantum-apply-layer was meant?"), "\(wrong)")
                let agents = await Qtctl.run("qtctl agents --json | tail -n 1", all)
                #expect(agents.output.contains(#"{"type":"summary""#))
                let again = await Qtctl.run("qtctl agents enrol h1 --yes", all)
                #expect(again.code == 0)
                #expect(
                    again.output == "h1 was enrolled before, bound to machine \(String(repeating: "1", count: 32))\n")
                let none = await Qtctl.run("qtctl rollouts", all)
                #expect(none.output == "nothing was submitted to fleet lab yet\n")
                let color = await Qtctl.run("qtctl deploy --all --yes --color always 2>&1", all)
                #expect(color.code == 0, "\(color)")
                #expect(
                    color.output.contains("\u{1B}[32mverified\u{1B}[0m   bbbbbbbbbb")
                        || color.output.contains("\u{1B}[32mverified\u{1B}[0m  bbbbbbbbbb"))
                let shown = await Qtctl.run("qtctl show @last --evidence", all)
                #expect(shown.code == 0)
                #expect(shown.output.contains("    ok unit: active\n"), "\(shown)")
            }
        }
    }

    /// At a terminal of script(1), in the foreground: a shell starts what runs behind it deaf to SIGINT.
    @Test(arguments: [
        (#"\n"#, 5, "nothing was submitted"), (#"n\n"#, 5, "nothing was submitted"), (#"\003"#, 130, "[y/N]"),
        (#"y\n"#, 0, "all is well"), (#"YES\n"#, 0, "all is well"),
    ]) func theQuestion(typed: String, code: Int32, words: String) async throws {
        try await TemporaryFolder.with { folder async throws in
            let home = "\(folder)"
            try await StandIn.with([.init(name: "h1")]) { stage async throws in
                let answer = await Qtctl.run(
                    """
                    export SHELL=/bin/bash; export -f qtctl; mkfifo "$HOME/in"
                    { until grep -qs 'y/N' "$HOME/log" || ! [ -d "$HOME" ]; do sleep 0.05; done; printf '\(typed)'; } >"$HOME/in" &
                    script -qefc "qtctl deploy --all -m 'to be asked'" "$HOME/log" <"$HOME/in"
                    """, variables(stage, home))
                #expect(answer.code == code, "\(answer)")
                #expect(answer.output.contains(words), "\(answer)")
                #expect(answer.output.contains("fleet lab, Redis unix:"), "\(answer)")
                #expect(answer.output.contains("operator ann, signatures: off"), "\(answer)")
                #expect(try await stage.fleet.rollouts(newest: 2).count == (code == 0 ? 1 : 0))
            }
        }
    }
}
