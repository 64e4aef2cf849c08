import Coordination
import DeployModel
import TestSupport
import Testing

@testable import DeployOperator

/// The live view in a terminal emulator, on a real Redis, with hosts that are played by hand. One after the other: each looks at its
/// screen again and again, and all at once would leave no time for the other tests.
@Suite(.serialized, .timeLimit(.minutes(10))) struct LiveViewTests {
    @Test(arguments: [80, 160]) func aRolloutIsDrawnInPlaceAndEndsAsASummary(columns: Int) async throws {
        try await PlayedRollout.with(3) { stage in
            try await Tmux.with(columns: columns, rows: 24, stage.variables) { tmux in
                await tmux.type("echo before; qtctl follow \(stage.id.short); echo \"code $?\"")
                try await stage.play("h1")
                let token = try await stage.begin("h2")
                try await stage.tell(
                    "h2", token, StepEvent(step: .fetch, state: .begun, detail: ""),
                    StepEvent(step: .fetch, state: .output, detail: "remote: 12 objects \u{1b}[2J"))
                let midway = await tmux.until { $0.contains("h2 fetch | remote: 12 objects \\x1b[2J") }
                #expect(midway.contains { $0.contains("1 of 3 targets: 1 verified") }, "\(midway)")
                #expect(midway.count { $0.hasPrefix("rollout \(stage.id.short) running") } == 1, "\(midway)")
                #expect(midway.contains { $0.hasPrefix("h1 ") && $0.contains("verified") }, "\(midway)")
                try await stage.end("h2", token, .verified)
                try await stage.play("h3")
                let end = await tmux.until(history: true) { $0.contains("code 0") }
                // The picture is gone, and nothing that stood above it.
                #expect(end.contains("before"))
                #expect(end.contains("all is well"))
                #expect(!end.contains { $0.contains(" running ") || $0.contains("remote: 12") }, "\(end)")
                #expect(end.count { $0.hasPrefix("h2 ") } == 1, "\(end)")
            }
        }
    }

    @Test func aTerminalThatIsResizedLosesNothing() async throws {
        try await PlayedRollout.with(8) { stage in
            try await Tmux.with(columns: 120, rows: 30, stage.variables) { tmux in
                await tmux.type("for n in 1 2 3; do echo \"line $n\"; done; qtctl follow \(stage.id.short)")
                let token = try await stage.begin("h1")
                try await stage.tell("h1", token, StepEvent(step: .lease, state: .begun, detail: ""))
                for (columns, rows) in [(120, 30), (40, 30), (20, 30), (200, 30), (60, 10), (80, 24)] {
                    await tmux.resize(columns: columns, rows: rows)
                    let words = "told at \(columns)"
                    try await stage.tell("h1", token, StepEvent(step: .lease, state: .waiting, detail: words))
                    // Below its last head the picture is whole. What tmux has wrapped before the program heard of the new size may
                    // stand above it.
                    let screen = await tmux.until { lines in
                        guard
                            let head = lines.lastIndex(where: {
                                $0.hasPrefix("rollout \(stage.id.short)".prefix(columns - 1))
                            })
                        else { return false }
                        let picture = lines[head...]
                        return picture.contains { columns < 40 || $0.contains(words) }
                            && picture.count { $0.hasPrefix("h1 ") } >= 1 && picture.count { $0.hasPrefix("HOST") } == 1
                    }
                    #expect(screen.allSatisfy { $0.count <= columns })
                }
                let all = await tmux.screen(history: true)
                #expect(["line 1", "line 2", "line 3"].allSatisfy { line in all.count { $0 == line } == 1 }, "\(all)")
            }
        }
    }

    @Test func whatFailsStaysInTheHistory() async throws {
        try await PlayedRollout.with(2) { stage in
            try await Tmux.with(columns: 100, rows: 24, stage.variables) { tmux in
                await tmux.type("qtctl follow \(stage.id.short); echo \"code $?\"")
                try await stage.play("h1", .reverted)
                let end = await tmux.until(history: true) { $0.contains("code 4") }
                #expect(end.contains { $0.contains("h1  quantum-apply-layer  REVERTED") }, "\(end)")
                #expect(end.contains { $0.contains("process_died: it died") }, "\(end)")
            }
        }
    }

    @Test func whoLeavesKeepsTheLastPicture() async throws {
        try await PlayedRollout.with(2) { stage in
            try await Tmux.with(columns: 100, rows: 24, stage.variables) { tmux in
                await tmux.type("qtctl follow \(stage.id.short); echo \"code $?\"")
                _ = await tmux.until { $0.contains { $0.hasPrefix("h2 ") } }
                await tmux.press("C-c")
                let end = await tmux.until { $0.contains("code 130") }
                #expect(end.contains { $0.hasPrefix("h2 ") && $0.contains("waiting") }, "\(end)")
                #expect(end.contains { $0.contains("to watch it: qtctl follow \(stage.id.short)") }, "\(end)")
            }
        }
    }

    /// A terminal that can't move its cursor, and one that is too small, get lines.
    @Test(arguments: [("TERM=dumb ", 80), ("", 19)]) func whereNothingCanBeDrawnLinesAreShown(
        before: String, columns: Int
    ) async throws {
        try await PlayedRollout.with(1) { stage in
            try await Tmux.with(columns: columns, rows: 24, stage.variables) { tmux in
                try await stage.play("h1")
                await tmux.type("\(before)qtctl follow \(stage.id.short); echo \"code $?\"")
                let end = await tmux.until(history: true) { $0.contains("code 0") }
                // A screen so narrow wraps the line, and its blanks are lost.
                let text = end.joined().filter { $0 != " " }
                #expect(text.contains("h1quantum-apply-layerVERIFIED"), "\(end)")
            }
        }
    }
}
