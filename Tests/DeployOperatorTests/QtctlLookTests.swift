import Coordination
import DeployModel
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import DeployOperator

/// The commands that look and that change who belongs to the fleet, from the command line to what is printed.
@Suite(.serialized, .timeLimit(.minutes(5))) struct QtctlLookTests {
    private static func variables(_ stage: StandIn, _ home: String) -> [String: String] {
        [
            "QTCTL_FLEET": StandIn.name.text, "QTCTL_REDIS": "\(stage.server.address)", "QTCTL_SIGNATURES": "off",
            "HOME": home, "QTCTL_OPERATOR": "ann",
        ]
    }

    private static func with(
        _ hosts: [StandIn.Host], _ body: @escaping @Sendable (StandIn, [String: String]) async throws -> Void
    ) async throws {
        try await TemporaryFolder.with { folder async throws in
            let home = "\(folder)"
            try await StandIn.with(hosts) { stage async throws in try await body(stage, variables(stage, home)) }
        }
    }

    @Test func whatWasDeployedIsFoundAgain() async throws {
        try await Self.with([.init(name: "h1"), .init(name: "h2", verdict: .reverted)]) { _, all async throws in
            let deploy = await Qtctl.run("qtctl deploy --all --yes -m 'first try' 2>&1", all)
            #expect(deploy.code == 3, "\(deploy)")
            let history = await Qtctl.run("qtctl history quantum-apply-layer", all)
            let rows = history.output.split(separator: "\n")
            #expect(history.code == 0 && rows.count == 3, "\(history)")
            #expect(
                rows.dropFirst().contains {
                    $0.contains("bbbbbbbbbb  verified  h1") && $0.hasSuffix("ann       first try")
                })
            #expect(rows.dropFirst().contains { $0.contains("reverted  h2") }, "\(history)")
            let h2 = await Qtctl.run("qtctl history quantum-apply-layer --host h2 --json | head -n 1", all)
            #expect(h2.output.contains(#""host":"h2","service":"quantum-apply-layer","verdict":"reverted""#), "\(h2)")
            let wrong = await Qtctl.run("qtctl history quantum-aply-layer 2>&1", all)
            #expect(wrong.code == 5 && wrong.output.contains("quantum-apply-layer was meant?"), "\(wrong)")
        }
    }

    @Test func rolloutsAreFiltered() async throws {
        try await Self.with([.init(name: "h1")]) { _, all async throws in
            for who in ["ann", "bob"] {
                let deploy = await Qtctl.run(
                    "QTCTL_OPERATOR=\(who) qtctl deploy --all --yes -m 'by \(who)' 2>&1", all)
                #expect(deploy.code == 0, "\(deploy)")
            }
            for (words, count) in [
                ("", 2), ("--by bob", 1), ("--by bo", 1), ("--by ann --by bob", 2), ("--state succeeded", 2),
                ("--state failed", 0), ("--service quantum-apply-layer", 2), ("--service quantum-reconcile-engine", 0),
                ("--since 1d", 2), ("--since 1h --by ann", 1), ("-n 1", 1),
            ] {
                let answer = await Qtctl.run("qtctl rollouts \(words)", all)
                #expect(answer.code == 0)
                #expect(answer.output.split(separator: "\n").dropFirst().count == count, "\(words): \(answer.output)")
                if count == 0 { #expect(answer.output == "no rollout of fleet lab fits\n") }
            }
            let wrong = await Qtctl.run("qtctl rollouts --state broken 2>&1", all)
            #expect(wrong.code == 2 && wrong.output.contains("succeeded"), "\(wrong)")
        }
    }

    @Test func aHostIsDrainedShownAndRetired() async throws {
        try await Self.with([.init(name: "h1"), .init(name: "h2")]) { stage, all async throws in
            #expect(await Qtctl.run("qtctl agents drain h1 2>&1", all).code == 2, "without a reason")
            let drain = await Qtctl.run("qtctl agents drain h1 -m 'new disk'", all)
            #expect(drain.output == "h1 is drained: no order takes it until qtctl agents undrain h1\n")
            let show = await Qtctl.run("qtctl agents show h1", all)
            #expect(show.output.contains("by ann: new disk"), "\(show)")
            #expect(show.output.contains("quantum-apply-layer  active"), "\(show)")
            let plan = await Qtctl.run("qtctl plan --all 2>&1", all)
            #expect(plan.code == 0 && plan.output.contains("host h1 is drained by ann: left out (new disk)"), "\(plan)")
            let named = await Qtctl.run("qtctl plan --all --host h1 2>&1", all)
            #expect(named.code == 5 && named.output.contains("qtctl agents undrain h1"), "\(named)")
            #expect(await Qtctl.run("qtctl agents undrain 'h*'", all).output.contains("h2 was before enrolled"))
            let asked = await Qtctl.run("qtctl agents retire h1 2>&1", all)
            #expect(asked.code == 2 && asked.output.contains("--yes"), "\(asked)")
            #expect(await Qtctl.run("qtctl agents retire h1 --yes", all).code == 0)
            #expect(try await stage.fleet.hosts().map(\.name.text) == ["h2"])
            let gone = await Qtctl.run("qtctl agents show h1 2>&1", all)
            #expect(gone.code == 5 && gone.output.contains("h2 was meant?"), "\(gone)")
        }
    }

    /// A pipe is no terminal: whole tables, and only when something has changed.
    @Test func aWatchWithoutATerminalShowsChanges() async throws {
        try await Self.with([.init(name: "h1")]) { _, all async throws in
            let watched = await Qtctl.run(
                """
                shows() { until grep -q "$1" "$HOME/watch" || ! kill -0 $watch; do sleep 0.05; done; }
                qtctl status --watch >"$HOME/watch" & watch=$!
                shows ^h1; qtctl agents drain h1 -m 'new disk' >/dev/null; shows 'drained: new disk'
                kill -TERM $(pgrep -P $watch || echo $watch); wait $watch; code=$?; cat "$HOME/watch"; exit $code
                """, all)
            #expect(watched.code == 0, "\(watched)")
            #expect(watched.output.components(separatedBy: "HOST  SERVICE").count == 3, "\(watched)")
        }
    }

    @Test func settingsAndWhereTheyWereSaid() async throws {
        try await TemporaryFolder.with { folder async throws in
            let file = """
                # mine
                context: lab
                contexts:
                  lab: {fleet: lab, redis: "redis:6379", signatures: off}
                  prod: {fleet: prod, redis: "redis:6380", signatures: off}  # careful

                """
            let path = folder.appending("config.yaml").string
            try file.write(toFile: path, atomically: true, encoding: .utf8)
            let all = ["QTCTL_CONFIG": path, "QTCTL_REDIS": "other:1", "QTCTL_OPERATOR": "ann"]
            let show = await Qtctl.run("qtctl config show --fleet mine", all)
            let rows = show.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
            #expect(rows.contains(["fleet", "mine", "--fleet"]), "\(show)")
            #expect(rows.contains(["redis", "other:1", "QTCTL_REDIS"]), "\(show)")
            #expect(rows.contains(["signatures", "off", "\(path):4"]), "\(show)")
            let contexts = await Qtctl.run("qtctl config contexts", all)
            #expect(contexts.output.contains("*       lab"), "\(contexts)")
            let use = await Qtctl.run("qtctl config use prod && qtctl config contexts", all)
            #expect(use.output.contains("*       prod"), "\(use)")
            #expect(
                try String(contentsOfFile: path, encoding: .utf8)
                    == file.replacing("context: lab", with: "context: prod"))
            let wrong = await Qtctl.run("qtctl config use prd 2>&1", all)
            #expect(wrong.code == 2 && wrong.output.contains("prod was meant?"), "\(wrong)")
        }
    }

    /// What a shell runs when somebody presses the tabulator: the script's own call, with the words so far.
    @Test func aShellIsOfferedTheNamesOfTheFleet() async throws {
        try await Self.with([.init(name: "h1"), .init(name: "h2")]) { _, all async throws in
            let bash = await Qtctl.run(
                """
                source <(qtctl completion bash)
                COMP_WORDS=(qtctl status --host ''); COMP_CWORD=3; COMP_LINE='qtctl status --host '
                COMP_POINT=${#COMP_LINE}; COMP_TYPE=9; _qtctl qtctl '' --host; printf '%s\\n' "${COMPREPLY[@]}"
                """, all)
            #expect(Set(bash.output.split(separator: "\n").map { $0.filter { $0 != " " } }) == ["h1", "h2"], "\(bash)")
            for shell in ["zsh", "fish"] {
                let script = await Qtctl.run("qtctl completion \(shell)", all)
                #expect(script.code == 0 && script.output.contains("qtctl"), "\(script)")
            }
            #expect(await Qtctl.run("qtctl completion tcsh 2>&1", all).code == 2)
        }
    }
}
