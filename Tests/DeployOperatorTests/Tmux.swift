import Foundation
import TestSupport
import Testing

/// A real terminal emulator with a shell of the test's own in it: what stands on its screen is what a person sees.
struct Tmux: Sendable {
    private let name = "qt-\(UInt64.random(in: 0...UInt64.max))"

    /// A terminal of this size; `qtctl` is the built program there, and the variables are set.
    ///
    /// It has no status line, and keeps what scrolls off its screen.
    static func with<Result: Sendable>(
        columns: Int, rows: Int, _ variables: [String: String] = [:],
        _ body: @Sendable (Tmux) async throws -> Result
    ) async throws -> Result {
        let tmux = Tmux()
        let own = variables.map { "\($0.key)=\(Qtctl.quoted($0.value))" }.joined(separator: " ")
        let shell =
            "env -i PATH=\(BuiltPrograms.folder):/usr/bin:/bin HOME=/nowhere USER=ann TZ=UTC TERM=screen-256color LC_ALL=C.UTF-8 \(own) PS1='$ ' sh"
        let opened = await tmux.run(
            "-f /dev/null new-session -d -x \(columns) -y \(rows) \(Qtctl.quoted(shell)) ';' set -g status off ';' "
                + "set -g history-limit 10000 ';' set -g remain-on-exit on")
        try #require(opened.code == 0, "\(opened)")
        do {
            // What is typed before the shell is there would stand before its prompt.
            _ = await tmux.until { $0.first?.hasPrefix("$") == true }
            let result = try await body(tmux)
            _ = await tmux.run("kill-server")
            return result
        } catch {
            _ = await tmux.run("kill-server")
            throw error
        }
    }

    /// Types a line.
    func type(_ line: String) async { _ = await run("send-keys -l \(Qtctl.quoted(line)) ';' send-keys Enter") }

    /// Presses a key, as tmux names it: `C-c`.
    func press(_ key: String) async { _ = await run("send-keys \(key)") }

    func resize(columns: Int, rows: Int) async { _ = await run("resize-window -x \(columns) -y \(rows)") }

    /// The lines on the screen; with `history` also those that have scrolled off it.
    func screen(history: Bool = false) async -> [String] {
        // A look costs two processes: a moment between two of them is left to what is looked at.
        let answer = await run("capture-pane -p \(history ? "-S -" : "") && sleep 0.05")
        var lines = answer.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        while lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }

    /// Waits until the screen shows what is wanted, for two minutes at most, and gives it.
    func until(
        history: Bool = false, _ isShown: @Sendable ([String]) -> Bool,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async -> [String] {
        let limit = ContinuousClock.now + .seconds(120)
        var lines = await screen(history: history)
        while !isShown(lines) {
            guard ContinuousClock.now < limit else {
                Issue.record(
                    "the screen never showed it:\n\(lines.joined(separator: "\n"))", sourceLocation: sourceLocation)
                break
            }
            lines = await screen(history: history)
        }
        return lines
    }

    private func run(_ words: String) async -> Qtctl.Answer { await Qtctl.run("tmux -L \(name) \(words) 2>&1") }
}
