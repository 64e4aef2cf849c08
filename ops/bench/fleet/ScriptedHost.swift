import DeployModel
import Glibc
import HostControl

/// A host of the imagination: what git, systemctl and journalctl would say there, at once and without a process. Everything
/// above the command line is the agent's own code.
///
/// It has one checkout and one service. The service's process is this program itself, so that /proc tells the truth of it.
actor ScriptedHost: CommandRunning {
    /// The commits of the one branch, the oldest first; the remote has the last.
    private let history: [CommitID]
    private let tree: CanonicalPath
    private let service: ServiceName
    private let user: String
    /// Whether the newest release dies here at its start.
    private let isFailing: Bool
    private var head: CommitID
    private var invocation: String
    private var restarts = 0
    /// Commands that were asked for, for who counts them.
    private(set) var commands = 0

    init(history: [CommitID], tree: CanonicalPath, service: ServiceName, user: String, number: Int, isFailing: Bool) {
        self.history = history
        self.tree = tree
        self.service = service
        self.user = user
        self.isFailing = isFailing
        head = history[0]
        invocation = Self.id(number)
    }

    /// 32 hexadecimal digits, as ids of machines and invocations have.
    static func id(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 32 - digits.count) + digits
    }

    func run(
        _ command: HostCommand, onLine: (@Sendable (OutputLine) -> Void)?
    ) async throws(HostError) -> CommandResult {
        commands += 1
        let words = Array(command.arguments.dropFirst(command.usualArguments)).filter { $0 != "--" }
        switch command.executable {
        case "/usr/bin/git": return git(words)
        case "/usr/bin/systemctl": return systemctl(words.filter { !$0.hasPrefix("--") })
        case "/usr/bin/journalctl": return journalctl(words)
        case "/usr/bin/sync": return Self.answer("")
        // The one thing of a host that is not played: what a signature costs is to be measured.
        case SignatureVerifier.program: return try await CommandRunner().run(command, onLine: onLine)
        default: return Self.answer("", code: 127, error: "\(command.shown): this host has no such program")
        }
    }

    private static func answer(_ text: String, code: Int32 = 0, error: String = "") -> CommandResult {
        CommandResult(
            termination: .exited(code), standardOutput: Array(text.utf8), standardError: Array(error.utf8),
            duration: .zero)
    }

    // ---- git(1)

    private func git(_ words: [String]) -> CommandResult {
        switch words.first {
        case "rev-parse": revParse(words)
        case "symbolic-ref": Self.answer("refs/heads/main\n")
        case "status": Self.answer("# branch.oid \(head)\0# branch.head main\0")
        case "ls-files", "diff", "ls-tree": Self.answer("")
        case "config": Self.answer("", code: 1)
        case "remote": Self.answer("/srv/origin.git\n")
        case "ls-remote": Self.answer("\(history[history.count - 1])\trefs/heads/main\n")
        case "cat-file": Self.answer("", code: place(words.last) == nil ? 128 : 0)
        case "merge-base": mergeBase(words)
        case "rev-list": revList(words)
        case "log": Self.answer("\(head) HEAD@{1}\0")
        case "fetch": Self.answer("")
        case "merge", "reset": move(to: words.last)
        default: Self.answer("", code: 129, error: "git \(words.joined(separator: " ")): not in this script")
        }
    }

    private func place(_ word: String?) -> Int? {
        let name = (word ?? "").split(separator: "^").first.map(String.init) ?? ""
        if name.hasPrefix("refs/remotes/") { return history.count - 1 }
        return history.firstIndex { $0.text == name }
    }

    private func revParse(_ words: [String]) -> CommandResult {
        if words.contains("--show-toplevel") { return Self.answer("\(tree)\n\(tree)/.git\nfalse\n") }
        if words.contains("--absolute-git-dir") { return Self.answer("\(tree)/.git\n") }
        if words.contains("--symbolic-full-name") { return Self.answer("\(head)\nrefs/heads/main\n") }
        if words.last == "HEAD^{commit}" { return Self.answer("\(head)\n") }
        return place(words.last).map { Self.answer("\(history[$0])\n") } ?? Self.answer("", code: 1)
    }

    private func mergeBase(_ words: [String]) -> CommandResult {
        guard words.count == 4, let first = place(words[2]), let second = place(words[3]) else {
            return Self.answer("", code: 128)
        }
        return Self.answer("", code: first <= second ? 0 : 1)
    }

    private func revList(_ words: [String]) -> CommandResult {
        if words.contains("--count") {
            let ends = (words.last ?? "").split(separator: "..").map(String.init)
            return Self.answer("\(max(0, (place(ends.last) ?? 0) - (place(ends.first) ?? 0)))\n")
        }
        return Self.answer(words.contains("--format=%s") ? "a change\n" : "")
    }

    private func move(to word: String?) -> CommandResult {
        guard let place = place(word) else { return Self.answer("", code: 128) }
        head = history[place]
        return Self.answer("")
    }

    // ---- systemctl(1)

    private func systemctl(_ words: [String]) -> CommandResult {
        switch words.first {
        case "show": return Self.answer(properties.map { "\($0)=\($1)\n" }.joined())
        case "restart":
            restarts += 1
            invocation = Self.id(Int(UInt32.random(in: .min ... .max)))
            return Self.answer(
                "", error: "Enqueued anchor job \(restarts) \(service.unit)/restart.\n")
        default: return Self.answer("")
        }
    }

    private var isDead: Bool { isFailing && head == history.last && restarts > 0 }

    private var properties: [(String, String)] {
        [
            ("Id", service.unit), ("LoadState", "loaded"), ("ActiveState", isDead ? "failed" : "active"),
            ("SubState", isDead ? "failed" : "running"), ("Result", isDead ? "exit-code" : "success"),
            ("Type", "simple"),
            ("WorkingDirectory", tree.text), ("User", user), ("FragmentPath", "/etc/passwd"),
            ("DropInPaths", "/etc/\(service.unit).d/50-qtagent.conf"), ("NeedDaemonReload", "no"),
            ("MainPID", isDead ? "0" : String(getpid())), ("InvocationID", invocation), ("NRestarts", "0"),
            ("TimeoutStopUSec", "1min 30s"), ("TimeoutStartUSec", "1min 30s"), ("ExecMainStartTimestampMonotonic", "1"),
            ("ActiveEnterTimestampMonotonic", "1"), ("ControlGroup", "/system.slice/\(service.unit)"),
        ]
    }

    // ---- journalctl(1)

    private func journalctl(_ words: [String]) -> CommandResult {
        if words.contains(where: { $0.hasPrefix("--after-cursor=") }) { return Self.answer("") }
        return Self.answer(
            #"{"__REALTIME_TIMESTAMP":"1","__CURSOR":"\#(invocation)","MESSAGE":"up","PRIORITY":"6","#
                + #""_SYSTEMD_UNIT":"\#(service.unit)"}"# + "\n")
    }
}
