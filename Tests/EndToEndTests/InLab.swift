import Foundation
import TestSupport
import Testing

/// Boots one lab of three hosts for a suite, with the stack and the agent on each, and takes it down afterwards.
struct InLab: SuiteTrait, TestScoping {
    /// Named by `QTLAB_NAME` where two runs of these tests share a machine.
    static let lab = Lab(name: ProcessInfo.processInfo.environment["QTLAB_NAME"] ?? "qte2e", stableFor: "2s")
    static let isPossible = Lab.isPossible
    static let why: Comment = "needs root, systemd-nspawn and redis-server: sudo make test"

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        _ = try await Self.lab.answer("down", "--purge")
        do {
            try await Self.lab.run("up", "--hosts", "3")
            try await Self.lab.run("provision")
            try await waitForHosts()
            try await function()
        } catch {
            try await Self.lab.run("down", "--purge")
            throw error
        }
        try await Self.lab.run("down", "--purge")
    }

    /// Every host must be heard with its services before a test begins; one that is not shows what its agent says.
    private func waitForHosts() async throws {
        let isGood = try await Self.lab.eventually { try await Self.lab.answer("qtctl", "plan", "--all").code == 0 }
        if isGood { return }
        var said = try await Self.lab.answer("qtctl", "plan", "--all").description
        for host in ["h1", "h2", "h3"] {
            said +=
                "\n--- \(host)\n"
                + (try await Self.lab.on(host, "systemctl status qtagent; journalctl -u qtagent -n 30 || true"))
        }
        throw NotReady(said: said)
    }

    /// The lab's hosts are not fit for a rollout.
    private struct NotReady: Error, CustomStringConvertible {
        let said: String
        var description: String { said }
    }
}

extension Trait where Self == InLab {
    /// See ``InLab``.
    static var inLab: InLab { InLab() }
}
