import DeployModel
import Testing

@testable import DeployProtocol

/// The heads of the scripts are the contract's machine-readable half: what they say must be what there is.
@Suite struct ScriptHeaderTests {
    @Test func everyFileIsAScriptOfTheContract() throws {
        let files = try Repository.names("scripts").filter { $0.hasSuffix(".lua") }.map { String($0.dropLast(4)) }
        #expect(Set(files) == Set(EmbeddedScripts.files.keys))
        #expect(Set(files.filter { !$0.hasPrefix("_") }) == Set(Script.all.map(\.name)))
        for name in files {
            #expect(
                try EmbeddedScripts.file(name) == Repository.bytes("scripts/\(name).lua"),
                "\(name) is embedded as it is")
        }
    }

    @Test func allRepliesTogetherAreTheClosedList() {
        var replies: Set<String> = []
        for script in Script.all { replies.formUnion(script.header.replies) }
        #expect(replies == Set(ScriptReply.allCases.map(\.rawValue)))
    }

    /// Every `return { 'word'` of a script and of what it includes stands in its head, and the other way round.
    @Test func everyReplyOfTheTextStandsInTheHead() throws {
        for script in Script.all {
            var found: Set<String> = []
            for file in [script.name] + script.header.includes.map({ "_" + $0 }) {
                let text = String(decoding: EmbeddedScripts.file(file), as: UTF8.self)
                for match in text.matches(of: /(?:return|reply =) \{ (?:[^'}]* and )?'([a-z_]+)'(?: or '([a-z_]+)')?/) {
                    found.formUnion([match.1, match.2 ?? match.1].map(String.init))
                }
            }
            #expect(found == Set(script.header.replies), "\(script.name)")
        }
    }

    @Test func everyIncludeIsAFileAndStandsInFront() {
        for script in Script.all {
            let text = String(decoding: script.source, as: UTF8.self)
            #expect(text.hasPrefix("#!lua"), "\(script.name)")
            for include in script.header.includes {
                let part = String(decoding: EmbeddedScripts.file("_" + include), as: UTF8.self)
                #expect(!part.isEmpty && text.contains(part), "\(script.name) includes \(include)")
            }
            #expect(!script.header.arguments.isEmpty || script.name == "tick")
        }
    }

    @Test func argumentsAreReadWithoutTheirRemarks() {
        #expect(Script.claim.header.arguments == ["id", "host", "op", "attempt", "floor"])
        #expect(Script.claim.header.repeating.isEmpty)
        #expect(Script.step.header.arguments == ["id", "host", "op", "attempt", "token"])
        #expect(Script.step.header.repeating == ["service", "step", "state", "ms", "detail"])
        #expect(Script.submit.header.arguments.count == 21 && Script.submit.header.repeating == ["host", "services"])
        #expect(Script.report.header.arguments.count == 6 && Script.report.header.repeating.count == 11)
    }

    @Test func linesAreFewAndNoTimeArgumentDecides() throws {
        for name in try Repository.names("scripts") {
            let lines = try Repository.text("scripts/" + name).split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.count - 1 <= 80, "\(name) has \(lines.count - 1) lines")
        }
        for script in Script.all {
            #expect(script.header.arguments.allSatisfy { $0 != "now" && !$0.hasSuffix("_at") }, "\(script.name)")
        }
    }

    @Test func whatMustWorkAtTheMemoryLimitIsFlagged() {
        let flagged = Script.all.filter { String(decoding: $0.source.prefix(40), as: UTF8.self).contains("allow-oom") }
        #expect(
            Set(flagged.map(\.name)) == ["renew", "step", "report", "heartbeat", "pending", "publish", "refuse"])
    }
}
