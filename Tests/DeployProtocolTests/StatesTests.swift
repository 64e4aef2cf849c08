import DeployModel
import Subprocess
import SystemPackage
import Testing

@testable import DeployProtocol

/// One table of states: what was made from it is fresh, and Swift, Lua and the types agree on it.
@Suite struct StatesTests {
    @Test func whatIsMadeFromTheTableIsFresh() async throws {
        let outcome = try await Subprocess.run(
            .path("/usr/bin/python3"), arguments: ["\(Repository.root)/protocol/make-states", "--check"],
            output: .discarded, error: .string(limit: 4096))
        #expect(outcome.terminationStatus == .exited(0), "\(outcome.standardError)")
    }

    @Test func luaHasTheSameMoves() throws {
        var moves: Set<String> = []
        var machine = ""
        for line in try Repository.text("scripts/_states.lua").split(separator: "\n") {
            if let match = line.wholeMatch(of: #/  (\w+) = \{/#) { machine = String(match.1) }
            guard let match = line.wholeMatch(of: #/    (\w+) = \{(.*)\},/#) else { continue }
            for move in match.2.matches(of: /(\w+) = '(\w+)'/) {
                moves.insert("\(machine) \(match.1) \(move.1) \(move.2)")
            }
        }
        let rows = TransitionTable.current.rows
        let lines = try Repository.text("states.tsv").split(separator: "\n")
        #expect(rows.count == lines.count - 1)
        let written = rows.compactMap { row in row.new.map { "\(row.machine) \(row.state) \(row.event) \($0)" } }
        #expect(moves == Set(written))
    }

    @Test func statesAreThoseOfTheTypes() {
        let rows = TransitionTable.current.rows
        func states(_ machine: String) -> Set<String> {
            Set(rows.filter { $0.machine == machine }.flatMap { [$0.state] + ($0.new.map { [$0] } ?? []) })
        }
        #expect(states("job") == Set(JobState.allCases.map(\.rawValue)))
        #expect(states("rollout") == Set(RolloutState.allCases.map(\.rawValue)))
        #expect(Set(rows.map { "\($0.machine) \($0.state) \($0.event)" }).count == rows.count, "one row a pair")
        let replies = Set(ScriptReply.allCases.map(\.rawValue))
        #expect(rows.allSatisfy { $0.refusal.isEmpty || replies.contains($0.refusal) })
        // What has ended moves only by retry.
        for row in rows where row.machine == "rollout" && RolloutState(rawValue: row.state)?.isEnded == true {
            #expect(row.event == "retry")
        }
    }
}
