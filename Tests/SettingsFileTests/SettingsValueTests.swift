import SettingsFile
import Testing

@Suite struct SettingsValueTests {
    private func root(_ text: String) throws -> SettingsValue { try SettingsValue.parse(text, file: "a.yaml") }

    @Test func unknownKeyNamesFileLineAndTheNearWord() throws {
        let value = try root("fleet: a\nserivces: []\n")
        let error = #expect(throws: SettingsError.self) { try value.members(["fleet", "services"]) }
        #expect(error?.line == 2)
        #expect(error?.description.hasPrefix("a.yaml:2: serivces: unknown key serivces; services was meant?") == true)
    }

    @Test func brokenTextNamesTheLine() {
        let error = #expect(throws: SettingsError.self) { try root("a: 1\nb: [1\n") }
        #expect((error?.line ?? 0) >= 2)
    }

    @Test func aKeyThatStandsTwiceIsRefused() {
        let error = #expect(throws: SettingsError.self) { try root("a: 1\na: 2\n") }
        #expect(error?.problem.contains("twice") == true)
    }

    @Test func scalarsKeepTheirText() throws {
        let members = try root("a: 0123\nb: yes\nc: 1e3\n").anyMembers()
        #expect(try members["a"]?.text() == "0123")
        #expect(try members["b"]?.text() == "yes")
        #expect(throws: SettingsError.self) { try members["b"]?.flag() }
        #expect(throws: SettingsError.self) { try members["c"]?.number(0...10) }
    }

    @Test(arguments: [("500ms", 500), ("10s", 10_000), ("5m", 300_000), ("4h", 14_400_000)])
    func durations(text: String, milliseconds: Int64) throws {
        #expect(try root("t: \(text)").anyMembers()["t"]?.duration() == .milliseconds(milliseconds))
    }

    @Test(arguments: ["10", "s", "-1s", "1.5s", "10 s", "99999999h"]) func badDurations(text: String) throws {
        let value = try #require(try root("t: \"\(text)\"").anyMembers()["t"])
        #expect(throws: SettingsError.self) { try value.duration() }
    }

    @Test func wrongShapesAreErrorsNotCrashes() throws {
        #expect(throws: SettingsError.self) { try root("- 1").anyMembers() }
        #expect(throws: SettingsError.self) { try root("a: 1").items() }
        #expect(throws: SettingsError.self) { try root("a: 1").text() }
        #expect(try root("").anyMembers().isEmpty)
        #expect(throws: SettingsError.self) { try root("? [a]\n: 1").anyMembers() }
    }
}
