import DeployModel
import Glibc
import Testing

@testable import HostControl

/// A repository whose hooks and configuration name programs wherever git would run one: none of them runs.
@Suite struct GitHardeningTests {
    @Test func nothingOfTheRepositoryRuns() async throws {
        let fixture = try await GitFixture()
        let trap = try await Trap(fixture)
        let repository = try fixture.repository()
        let old = try #require(try await repository.head())
        let new = try await fixture.commit(["app.py": "two\n"], "Second")

        #expect(try await repository.place().root == fixture.tree)
        #expect(try await repository.lsRemote(GitFixture.main) == new)
        try await repository.fetch(GitFixture.main, atMost: GitFixture.room)
        #expect(try await repository.status().isClean)
        _ = try await repository.specialities()
        _ = try await repository.localCommits(GitFixture.main, limit: 5)
        #expect(try await repository.obstructions(from: old, to: new).isEmpty)
        #expect(try await repository.subject(of: new) == "Second")
        _ = try await repository.reflog(limit: 5)
        try await repository.fastForward(to: new)
        try await repository.resetKeeping(to: old)
        try await repository.resetHard(to: new)
        #expect(trap.sprung == [])
    }

    /// The traps are real: git without the hardening walks into them.
    @Test func plainGitRunsThem() async throws {
        let fixture = try await GitFixture()
        let trap = try await Trap(fixture)
        let new = try await fixture.commit(["app.py": "two\n"], "Second")
        try await fixture.git(["fetch", "-q", "origin"], in: fixture.tree)
        try await fixture.git(["merge", "-q", "--ff-only", new.text], in: fixture.tree)
        for name in ["core.fsmonitor", "remote.origin.uploadpack", "post-merge", "reference-transaction"] {
            #expect(trap.sprung.contains(name), "\(name)")
        }
    }

    @Test func neitherSSHNorAProxyIsChosenByTheRepository() async throws {
        let fixture = try await GitFixture()
        let trap = try await Trap(fixture)
        for url in ["ssh://127.0.0.1:1/a.git", "git://127.0.0.1:1/a.git", "https://127.0.0.1:1/a.git"] {
            try await fixture.git(["remote", "set-url", "origin", url], in: fixture.tree)
            await #expect(throws: HostError.self) {
                try await fixture.repository().fetch(GitFixture.main, atMost: GitFixture.room)
            }
            await #expect(throws: HostError.self) { try await fixture.repository().lsRemote(GitFixture.main) }
        }
        #expect(trap.sprung == [])
        try await fixture.git(["remote", "set-url", "origin", "git://127.0.0.1:1/a.git"], in: fixture.tree)
        _ = try? await fixture.git(["ls-remote", "origin"], in: fixture.tree)
        try await fixture.git(["remote", "set-url", "origin", "ssh://127.0.0.1:1/a.git"], in: fixture.tree)
        _ = try? await fixture.git(["ls-remote", "origin"], in: fixture.tree)
        #expect(Set(trap.sprung).isSuperset(of: ["core.gitProxy", "core.sshCommand"]))
    }

    @Test func aRemoteHelperIsNotChosenByTheRepository() async throws {
        let fixture = try await GitFixture()
        let trap = try await Trap(fixture)
        try await fixture.git(["config", "remote.origin.vcs", "ext"], in: fixture.tree)
        await #expect(throws: HostError.self) { try await fixture.repository().lsRemote(GitFixture.main) }
        try await fixture.git(["config", "--unset", "remote.origin.vcs"], in: fixture.tree)
        try await fixture.git(
            ["config", "url.ext::\(trap.program("insteadOf")) .insteadOf", fixture.folder.file("origin.git")],
            in: fixture.tree)
        await #expect(throws: HostError.self) {
            try await fixture.repository().fetch(GitFixture.main, atMost: GitFixture.room)
        }
        #expect(trap.sprung == [])
    }
}

/// Programs that leave their name behind when they run.
private struct Trap {
    let fixture: GitFixture
    private static let hooks = [
        "post-checkout", "post-merge", "pre-merge-commit", "reference-transaction", "pre-auto-gc", "post-index-change",
    ]
    private static let keys = [
        "core.fsmonitor", "core.sshCommand", "core.gitProxy", "core.askPass", "core.editor", "core.pager",
        "core.alternateRefsCommand", "credential.helper", "remote.origin.uploadpack", "gpg.program", "diff.external",
        "sequence.editor", "pager.log", "diff.trap.textconv", "diff.trap.command", "uploadpack.packObjectsHook",
    ]

    init(_ fixture: GitFixture) async throws {
        self.fixture = fixture
        try fixture.folder.folder("ran")
        try fixture.folder.folder("programs")
        for name in Self.hooks + Self.keys + ["insteadOf"] {
            let script = "#!/bin/sh\n: > '\(fixture.folder.file("ran"))/\(name)'\nexit 1\n"
            try fixture.folder.write(
                name == "reference-transaction" || name == "remote.origin.uploadpack" || name == "core.fsmonitor"
                    ? script.replacing("exit 1\n", with: Self.harmless(name)) : script,
                to: "programs/\(name)", mode: 0o755)
        }
        try await fixture.git(["config", "core.hooksPath", fixture.folder.file("programs")], in: fixture.tree)
        for key in Self.keys { try await fixture.git(["config", key, program(key)], in: fixture.tree) }
        for key in ["log.showSignature", "merge.verifySignatures", "submodule.recurse"] {
            // Set last and by hand: a plain git would fail from here on where these matter.
            if key != "merge.verifySignatures" { try await fixture.git(["config", key, "true"], in: fixture.tree) }
        }
        try fixture.write("* diff=trap\n", to: fixture.tree + "/.git/info/attributes")
    }

    /// So that plain git gets as far as the next trap.
    private static func harmless(_ name: String) -> String {
        switch name {
        case "remote.origin.uploadpack": "exec git-upload-pack \"$@\"\n"
        case "core.fsmonitor": "printf '/\\0'\n"
        default: "exit 0\n"
        }
    }

    func program(_ name: String) -> String { fixture.folder.file("programs") + "/" + name }

    var sprung: [String] { (try? ProcFile(path: fixture.folder.file("ran")).names()) ?? ["unreadable"] }
}
