import Foundation
import TestSupport
import Testing

/// Boots a lab of two hosts that have installed the release's tarball: h1 as the other tests' hosts are, h2 a bare Debian
/// without toolchain and hiredis. Their disks lose with their power what was not synced. Takes the lab down afterwards.
struct InReleaseLab: SuiteTrait, TestScoping {
    /// The newest tarball that `make dist` made; empty when there is none.
    static let tarball: String = {
        let folder = "\(Repository.root)/dist"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        func age(_ path: String) -> Date {
            let attributes = try? FileManager.default.attributesOfItem(atPath: path)
            return attributes?[.modificationDate] as? Date ?? .distantPast
        }
        let tarballs = names.filter { $0.hasSuffix(".tar.gz") }.map { "\(folder)/\($0)" }
        return tarballs.max { age($0) < age($1) } ?? ""
    }()
    static let lab = Lab(name: "\(InLab.lab.name)-release", stableFor: "2s", tarball: tarball, upper: "image")
    /// Where the lab must work, a release that is missing is a failure and not a reason to skip.
    static let isPossible =
        InLab.isPossible && (!tarball.isEmpty || ProcessInfo.processInfo.environment["QT_REQUIRE_LAB"] == "1")
    static let why: Comment = "needs root, the lab's packages, and a release: make dist"

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        try #require(!Self.tarball.isEmpty, "no release in dist: make dist")
        _ = try await Self.lab.answer("down", "--purge")
        do {
            try await Self.lab.run("up", "--hosts", "2", "--small", "h2")
            try await Self.lab.run("provision")
            for host in ["h1", "h2"] { try await Self.lab.on(host, Self.preparation) }
            try await function()
        } catch {
            try await Self.lab.run("down", "--purge")
            throw error
        }
        try await Self.lab.run("down", "--purge")
    }

    /// Unpacks the release as a person would, and makes a job wait in its `prepare` for as long as /tmp/hold is there.
    private static let preparation = """
        mkdir -p /root/release
        tar -xf /var/lib/qtlab/release.tar -C /root/release --strip-components=1
        wait='    prepare: [[/bin/sh, -c, "while test -e /tmp/hold; do sleep 0.05; done"]]'
        sed -i "0,/order: 10/s||order: 10\\n$wait|" /etc/qtagent/agent.yaml
        systemctl restart qtagent
        """
}

extension Trait where Self == InReleaseLab {
    /// See ``InReleaseLab``.
    static var inReleaseLab: InReleaseLab { InReleaseLab() }
}
