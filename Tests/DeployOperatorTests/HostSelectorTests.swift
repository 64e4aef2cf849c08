import DeployModel
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Coordination
@testable import DeployOperator

/// Words that stand for hosts.
@Suite struct HostSelectorTests {
    private let fleet = [
        Samples.host("edge-1", labels: ["role": "edge", "rack": "b"]),
        Samples.host("edge-2", .drained, labels: ["role": "edge", "rack": "c"]),
        Samples.host("core-1", labels: ["role": "trading"]), Samples.host("core-12"),
    ]

    private func scope(_ hosts: [String] = [], without: [String] = []) throws -> Scope {
        try Scope.of(
            DeployRequest(services: [], hosts: try .read(hosts), excluded: try .read(without)), among: fleet,
            now: Samples.now)
    }

    @Test(arguments: [
        (["core-1"], [], ["core-1"]), (["core-*"], [], ["core-1", "core-12"]), (["core-?"], [], ["core-1"]),
        (["*-1"], [], ["core-1", "edge-1"]), (["edge-[1-9]"], [], ["edge-1"]),
        (["role=edge"], [], ["edge-1"]), (["role=*"], [], ["core-1", "edge-1"]),
        (["rack=[ab]", "core-12"], [], ["core-12", "edge-1"]), ([], ["role=edge"], ["core-1", "core-12"]),
        (["core-*"], ["*2"], ["core-1"]),
    ]) func wordsChooseHosts(_ hosts: [String], _ without: [String], _ chosen: [String]) throws {
        #expect(try scope(hosts, without: without).hosts.map(\.text) == chosen)
    }

    /// Whoever names a drained host means it; a pattern just has it among others.
    @Test func aDrainedHostIsRefusedByNameAndLeftOutByPattern() throws {
        #expect(try scope(["edge-*"]).notes.contains { $0.contains("edge-2 is drained by ann") })
        #expect(throws: OperatorError.self) { try scope(["edge-2"]) }
    }

    @Test(arguments: [
        (["core-9"], "fleet has no host core-9; core-1 was meant?", "qtctl agents list"),
        (["mail-*"], "no host's name fits mail-*", "qtctl agents list"),
        (["role=egde"], "no host has the label role=egde; role=edge was meant?", "role=edge, role=trading"),
    ]) func whatFitsNoHostIsRefused(_ words: [String], _ message: String, _ remedy: String) throws {
        for refused in [{ try scope(words) }, { try scope(without: words) }] {
            let error = #expect(throws: OperatorError.self) { try refused() }
            guard case .refused(let all) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(all.first?.refusal.rule == .hostUnknown)
            #expect(all.first?.refusal.message == message)
            #expect(all.first?.refusal.remedy.contains(remedy) == true, "\(all)")
        }
    }

    @Test(arguments: ["", "H1", "h_1", "role=", "=x", "a b", "a\u{1B}[2J*", "ro le=x", "role=a b", "ä*"])
    func whatIsNoSelectorIsUsage(_ word: String) {
        let error = #expect(throws: OperatorError.self) { try HostSelector(word) }
        #expect(error?.exitCode == .usage)
        #expect(error?.description.contains("role=trading") == true)
        #expect(error?.description.contains("\u{1B}") == false)
    }

    private func file(_ name: String, _ text: String, in folder: FilePath) throws -> FilePath {
        let path = folder.appending(name)
        try text.write(toFile: path.string, atomically: true, encoding: .utf8)
        return path
    }

    @Test func aFileHasAWordOnALineOrSeveral() throws {
        try TemporaryFolder.with { folder in
            let path = try file("hosts", "# the edge\nedge-1, core-*\n\nrole=trading # all of it\n", in: folder)
            #expect(try [HostSelector].read(["@\(path)"]).map(\.description) == ["edge-1", "core-*", "role=trading"])
            let wrong = try file("wrong", "edge-1\nEdge-2\n", in: folder)
            let error = #expect(throws: OperatorError.self) { try [HostSelector].read(["@\(wrong)"]) }
            #expect(error?.description.hasPrefix("\(wrong):2: \"Edge-2\" names no hosts") == true)
            let empty = try file("empty", "# none yet\n", in: folder)
            #expect(throws: OperatorError.usage("\(empty) names no host")) {
                try [HostSelector].read(["h1", "@\(empty)"])
            }
            #expect(throws: OperatorError.usage("\(folder)/none does not exist")) {
                try [HostSelector].read(["@\(folder)/none"])
            }
        }
    }
}
