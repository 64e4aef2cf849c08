import DeployModel
import Testing

@testable import DeployProtocol

/// SPEC.md names everything that there is, and nothing that there is not.
@Suite struct SpecTests {
    private func section(_ number: Int) throws -> String {
        let parts = try Repository.text("SPEC.md").split(separator: "\n## ").map(String.init)
        return try #require(parts.first { $0.hasPrefix("\(number). ") })
    }

    /// The first cells of all tables in a text, without code marks.
    private func firstCells(_ text: String) -> [String] {
        text.split(separator: "\n").filter { $0.hasPrefix("| `") }.compactMap { row in
            row.split(separator: "|").first.map { $0.filter { $0 != "`" && $0 != " " } }
        }
    }

    @Test func everyKeyAndNoOther() throws {
        let id = RolloutID(accepted: String(repeating: "0", count: 32))
        let keys = Keys(fleet: FleetName(accepted: "f"))
        let host = HostName(accepted: "h")
        let service = ServiceName(accepted: "s")
        let named = [
            keys.meta: "meta", keys.hosts: "hosts", keys.host(host): "host:<name>",
            keys.commands(host): "commands:<host>",
            keys.pending(host): "pending:<host>", keys.breakGlass: "break_glass", keys.rollouts: "rollouts",
            keys.rollout(id): "rollout:<id>",
            keys.targets(id): "rollout:<id>:targets", keys.events(id): "rollout:<id>:events",
            keys.lease(service): "lease:<service>", keys.service(service): "service:<name>", keys.timers: "timers",
            keys.ask(id): "ask:<id>", keys.staged(id): "staged:<id>", keys.results: "results",
            keys.heartbeats: "heartbeats", keys.audit: "audit",
        ]
        let written = firstCells(try section(2)) + firstCells(try section(3))
        #expect(written.sorted() == named.values.sorted())
        // The names in Swift are the names in the specification, with the prefix.
        for (key, name) in named {
            let filled = name.replacing("<id>", with: id.text).replacing("<host>", with: "h")
                .replacing("<name>", with: name.hasPrefix("host") ? "h" : "s").replacing("<service>", with: "s")
            #expect(key == "{qt:f}:" + filled)
        }
        let declarations = try Repository.text("Swift/Keys.swift").matches(of: /package (?:var|func) \w+/).count
        #expect(declarations == named.count, "a key that this test does not know")
    }

    @Test func everyScript() throws {
        #expect(Set(firstCells(try section(5))) == Set(Script.all.map(\.name)))
    }

    @Test func everyRuleAndVerdict() throws {
        let text = try section(7)
        let lists = text.split(separator: "`").enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
        let words = Set(lists.flatMap { $0.split(separator: " ").map(String.init) })
        #expect(words == Set(Rule.allCases.map(\.rawValue) + Verdict.allCases.map(\.rawValue) + ["rule"]))
    }

    @Test func everyReplyIsExplained() throws {
        let text = try Repository.text("SPEC.md")
        for reply in ScriptReply.allCases { #expect(text.contains("`\(reply.rawValue)`"), "\(reply.rawValue)") }
    }

    @Test func everyLineOfAnOrder() throws {
        let order = try Repository.text("vectors/good-deploy.qtorder1")
        let names = order.split(separator: "\n").dropFirst().compactMap {
            $0.split(separator: "=").first.map(String.init)
        }
        let rows = try section(4).split(separator: "\n").filter { $0.hasPrefix("| `") }
        let written = rows.flatMap { row in
            row.split(separator: "|")[0].matches(of: /`([a-z_]+)`/).map { String($0.1) }
        }
        #expect(written == names.reduce(into: []) { if $0.last != $1 { $0.append($1) } })
    }
}
