import Foundation
import Testing

/// `ops/guards` takes each guard of the product away and sees what turns red. That takes long; that the patches still fit the
/// code is seen here each time.
@Suite("Guards")
struct GuardTests {
    @Test("every guard's patch applies to the tree as it is")
    func patchesApply() throws {
        let (code, words) = try Self.check(Repository.root.path + "/ops/guards.d")
        #expect(code == 0, "\(words)")
    }

    @Test(
        "a guard that can't be taken away any more is named, and so is one of which nobody says what must turn red",
        arguments: [
            ("Without: a thing\nRed: test T\n", true, nil),
            ("Without: a thing\nRed: test T\n", false, "does not apply any more"),
            ("Without: a thing\n", true, "needs lines `Red: "),
            ("Without: a thing\nRed: look\n", true, "needs lines `Red: "),
            ("Red: test T\n", true, "needs one line `Without: "),
        ] as [(String, Bool, String?)])
    func planted(_ head: String, applies: Bool, complaint: String?) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("qt-guards-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let patch = try Self.patch(applies: applies)
        try (head + "\n" + patch).write(to: folder.appendingPathComponent("a.patch"), atomically: true, encoding: .utf8)
        let (code, words) = try Self.check(folder.path)
        #expect(code == (complaint == nil ? 0 : 1), "\(words)")
        #expect(complaint.map { words.contains("a.patch: " + $0) } ?? true)
    }

    /// Takes the first line away from Package.swift, or one that is not there.
    private static func patch(applies: Bool) throws -> String {
        let package = try String(contentsOf: Repository.root.appendingPathComponent("Package.swift"), encoding: .utf8)
        let lines = package.split(separator: "\n", omittingEmptySubsequences: false).prefix(4)
        let first = applies ? lines[0] : "no such line"
        let head = "diff --git a/Package.swift b/Package.swift\n--- a/Package.swift\n+++ b/Package.swift\n"
        return head + "@@ -1,4 +1,3 @@\n-\(first)\n" + lines.dropFirst().map { " \($0)\n" }.joined()
    }

    private static func check(_ folder: String) throws -> (code: Int32, words: String) {
        let guards = Process()
        guards.executableURL = Repository.root.appendingPathComponent("ops/guards")
        guards.arguments = ["check", folder]
        let said = Pipe()
        guards.standardError = said
        guards.standardOutput = said
        try guards.run()
        let words = String(decoding: said.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        guards.waitUntilExit()
        return (guards.terminationStatus, words)
    }
}
