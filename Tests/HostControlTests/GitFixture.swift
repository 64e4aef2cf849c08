import DeployModel
import Glibc
import Testing

@testable import HostControl

/// A bare origin, a clone in which commits are made, and the clone that is deployed: real git, in a folder of the test's own.
struct GitFixture {
    static let remote = RemoteName(accepted: "origin")
    static let main = BranchName(accepted: "main")
    static let limits = GitLimits(local: .seconds(60), network: .seconds(60), output: 8 << 20)
    /// More than any fetch of these tests brings.
    static let room: UInt64 = 1 << 30
    let folder: TemporaryFolder

    init() async throws {
        folder = try TemporaryFolder()
        try await git(["init", "--bare", "-q", "-b", "main", folder.file("origin.git")], in: "/")
        try await git(["clone", "-q", folder.file("origin.git"), folder.file("work")], in: "/")
        try await git(["checkout", "-q", "-b", "main"], in: work)
        try await commit(["app.py": "one\n", "lib/part.py": "part\n"], "First")
        try await git(["clone", "-q", folder.file("origin.git"), tree], in: "/")
    }

    var work: String { folder.file("work") }
    var tree: String { folder.file("tree") }

    /// Plain git with nothing hardened, as a person would run it.
    @discardableResult
    func git(_ arguments: [String], in directory: String, as identity: ProcessIdentity? = nil) async throws -> String {
        let environment = [
            "PATH": "/usr/bin:/bin", "HOME": folder.path, "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "A",
            "GIT_AUTHOR_EMAIL": "a@example.org", "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.org",
        ]
        return try await CommandRunner().succeed(
            .test("/usr/bin/git", arguments, environment: environment, in: directory, as: identity)
        ).text.trimmed
    }

    /// Commits files (nil: removes them) in the working clone and pushes.
    @discardableResult
    func commit(_ files: [String: String?], _ message: String, in directory: String? = nil) async throws -> CommitID {
        let place = directory ?? work
        for (name, text) in files.sorted(by: { $0.key < $1.key }) {
            if let text {
                let parent = (place + "/" + name).split(separator: "/").dropLast().joined(separator: "/")
                _ = try await CommandRunner().succeed(.test("/usr/bin/mkdir", ["-p", "/" + parent]))
                try write(text, to: place + "/" + name)
                try await git(["add", "-f", "--", name], in: place)
            } else {
                try await git(["rm", "-q", "-r", "--", name], in: place)
            }
        }
        try await git(["commit", "-q", "-m", message], in: place)
        if directory == nil { try await git(["push", "-q", "origin", "HEAD"], in: place) }
        return try await CommitID(git(["rev-parse", "HEAD"], in: place))
    }

    func write(_ text: String, to path: String) throws {
        let file = try #require(fopen(path, "w"))
        defer { fclose(file) }
        try #require(fputs(text, file) >= 0)
    }

    func read(_ path: String) throws -> String? { try ProcFile(path: tree + "/" + path).text() }

    /// The deployed clone, as the agent sees it.
    func repository(
        lock: PathLock? = nil, remote: RemoteName = GitFixture.remote, runner: any CommandRunning = CommandRunner()
    ) throws -> GitRepository {
        GitRepository(
            at: try CanonicalPath(tree), account: try UserAccount.withID(geteuid()), remote: remote, lock: lock,
            limits: Self.limits, runner: runner)
    }
}

extension String {
    var trimmed: String { String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed()) }
}
