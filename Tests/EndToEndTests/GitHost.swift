import Foundation
import TestSupport
import Testing

/// A host of the lab whose git, remote or disk a test tampers with.
struct GitHost {
    let fleet = LabFleet()
    let name = "h1"
    var lab: Lab { fleet.lab }
    static let path = LabFleet.path
    /// git as the tree's owner, with nothing hardened.
    static let git = "setpriv --reuid qt --regid qt --clear-groups env HOME=/home/qt git -C \(path)"
    static let goodRemote = "git://origin/origin.git"

    @discardableResult func on(_ script: String, _ word: String = "") async throws -> String {
        try await lab.on(name, script, word)
    }

    /// Runs a shell text on this machine, where the origin lies, as `$1`.
    @discardableResult func atOrigin(_ script: String) async throws -> String {
        let prelude = "export GIT_CONFIG_GLOBAL=/dev/null; cd \"$1\"; "
        return try await lab.run(
            "hubexec", "/bin/sh", "-euc", prelude + script, "sh", try await lab.run("origin"))
    }

    /// Makes a release by a shell text that runs in a fresh clone of the origin; the commit.
    func release(_ script: String) async throws -> String {
        let author = "-c user.name=t -c user.email=t@example.invalid"
        return try await atOrigin(
            """
            folder=$(mktemp -d); git clone -q . "$folder"; cd "$folder"
            \(script)
            git add -A; git \(author) commit -q -m test; git push -q origin HEAD:main
            git rev-parse HEAD; rm -r "$folder"
            """)
    }

    func deploy() async throws -> (answer: Lab.Answer, summary: LabFleet.Summary?) {
        try await fleet.qtctl("deploy", "--all", "--host", name, "--yes", "-m", "test")
    }

    /// Deploys and expects that it comes to nothing: this code and rule, words of the remedy, and a host like before.
    func expectNothing(
        _ code: Int32, _ rule: String, _ words: String = "", _ what: String = "", verdict: String? = nil
    ) async throws {
        let before = try await fleet.picture(name)
        let (answer, summary) = try await deploy()
        #expect(answer.code == code, "\(what): \(answer)")
        #expect(answer.output.contains("\"rule\":\"\(rule)\""), "\(what): \(answer)")
        #expect(answer.output.contains(words), "\(what): \(answer)")
        if let verdict { #expect(summary?.verdicts(of: name) == [verdict, verdict], "\(what): \(answer)") }
        #expect(try await fleet.picture(name) == before, "\(what)")
        #expect(try await on("ls /var/lib/qtagent/interlock") == "", "\(what)")
    }

    /// Deploys and expects that it is verified.
    func expectVerified(_ commit: String, _ what: String = "") async throws {
        let (answer, summary) = try await deploy()
        #expect(answer.code == 0, "\(what): \(answer)")
        #expect(summary?.verdicts(of: name) == ["verified", "verified"], "\(what): \(answer)")
        #expect(try await fleet.picture(name).head == commit, "\(what)")
    }

    /// Does something while the checkout's remote is another.
    func withRemote(_ url: String, _ body: () async throws -> Void) async throws {
        try await on("\(Self.git) remote set-url origin '\(url)'")
        try await cleaning("\(Self.git) remote set-url origin \(Self.goodRemote)", body)
    }

    /// Does something while the checkout's remote is one that goes wrong; see `bad-remote.py`.
    func withBadRemote(_ mode: String, _ body: () async throws -> Void) async throws {
        let script = try String(
            contentsOfFile: "\(Repository.root)/Tests/EndToEndTests/bad-remote.py", encoding: .utf8)
        try await on(
            """
            printf '%s' "$1" > /run/bad-remote.py
            systemd-run --quiet --collect --unit=bad-remote --service-type=notify \
                /usr/bin/python3 -I /run/bad-remote.py 9419 origin:9418 \(mode)
            """, script)
        try await withRemote("git://127.0.0.1:9419/origin.git") {
            try await cleaning("systemctl kill -s KILL bad-remote; systemctl stop bad-remote 2>/dev/null || true", body)
        }
    }

    /// Does something, and then cleans up however it ended.
    func cleaning(_ script: String, _ body: () async throws -> Void) async throws {
        do { try await body() } catch {
            try await on(script)
            throw error
        }
        try await on(script)
    }

    /// Waits until the host answers a plan, whatever it says.
    func waitForAnswer() async throws {
        let isBack = try await lab.eventually {
            try await fleet.qtctl("plan", "--all", "--host", name).answer.output.contains("\"type\":\"target\"")
        }
        try #require(isBack)
    }

    /// Restarts the agent so that its next job holds at a failpoint.
    func hold(at point: String) async throws {
        try await on(
            """
            systemctl set-environment QT_FAILPOINT=\(point):wait
            systemctl restart qtagent
            systemctl unset-environment QT_FAILPOINT
            """)
    }

    /// Submits, waits until the job holds, does something, lets it go on and follows it.
    func struck(
        at point: String, _ body: () async throws -> Void
    ) async throws -> (answer: Lab.Answer, summary: LabFleet.Summary?) {
        try await hold(at: point)
        try await waitForAnswer()
        let submitted = try await fleet.qtctl("deploy", "--all", "--host", name, "--yes", "--detach", "-m", "test")
        try #require(submitted.answer.code == 0, "\(submitted.answer)")
        let isThere = try await lab.eventually {
            try await on("cat /var/lib/qtagent/failpoint 2>/dev/null || true") == point
        }
        try #require(isThere, "the job did not come to \(point)")
        try await cleaning("rm -f /var/lib/qtagent/failpoint", body)
        let followed = try await fleet.qtctl("follow", "@last")
        // Its next life has no failpoint.
        try await on("systemctl restart qtagent")
        try await waitForAnswer()
        return followed
    }
}
