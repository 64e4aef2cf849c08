import Coordination
import DeployModel
import DeployProtocol
import Testing

/// The lists of commands are those that the scripts call: neither one less nor one more.
@Suite struct AccessListTests {
    private static func calls() -> Set<String> {
        var commands: Set<String> = []
        for script in Script.all {
            let text = String(decoding: script.source, as: UTF8.self)
            for match in text.matches(of: /redis\.p?call\('([A-Z]+)'/) { commands.insert(match.1.lowercased()) }
        }
        return commands
    }

    @Test func whatScriptsCallIsAllowedAndNothingElse() {
        let (reading, writing) = (Set(RedisAccess.reading), Set(RedisAccess.writing))
        let all = Self.calls()
        #expect(all.isSubset(of: reading.union(writing)), "\(all.subtracting(reading.union(writing)))")
        #expect(writing.subtracting(all) == ["eval", "evalsha", "script|load"])
        #expect(reading.isDisjoint(with: writing))
    }

    @Test func theRulesAreForOneFleet() {
        let fleet = FleetName(accepted: "lab")
        #expect(RedisAccess.viewer.rules(fleet).hasPrefix("resetchannels -@all %R~{qt:lab}:* +hello "))
        #expect(RedisAccess.agent.rules(fleet) == RedisAccess.operator.rules(fleet))
        #expect(RedisAccess.agent.user(fleet, "h1") == "qt-lab-agent-h1")
        #expect(RedisAccess.viewer.user(fleet, "") == "qt-lab-viewer")
    }
}
