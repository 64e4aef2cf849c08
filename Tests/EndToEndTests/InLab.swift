import TestSupport
import Testing

/// Boots one lab of three hosts for a suite, with the stack and the agent on each, and takes it down afterwards.
struct InLab: SuiteTrait, TestScoping {
    static let lab = Lab(name: "qte2e", stableFor: "2s")
    static let isPossible = Lab.isPossible
    static let why: Comment = "needs root, systemd-nspawn and redis-server: sudo make test"

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        _ = try await Self.lab.answer("down", "--purge")
        do {
            try await Self.lab.run("up", "--hosts", "3")
            try await Self.lab.run("provision")
            try await function()
        } catch {
            try await Self.lab.run("down", "--purge")
            throw error
        }
        try await Self.lab.run("down", "--purge")
    }
}

extension Trait where Self == InLab {
    /// See ``InLab``.
    static var inLab: InLab { InLab() }
}
