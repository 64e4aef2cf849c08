internal import DeployModel
internal import Glibc

/// The processes of this host, through /proc (proc(5)). A process may end at any moment: whoever is gone is nil, and never
/// an error.
package struct ProcessTable: Sendable {
    /// `/proc`, but for tests.
    package let root: String
    /// Where control groups are mounted, but for tests.
    package let controlGroups: String

    /// The host's own processes.
    package init() { self.init(root: "/proc", controlGroups: "/sys/fs/cgroup") }

    /// Processes as these directories show them.
    package init(root: String, controlGroups: String) {
        self.root = root
        self.controlGroups = controlGroups
    }

    /// The facts of a process; nil when it has ended, or is a zombie.
    ///
    /// - Throws: ``HostError/unreadable(path:reason:)``; another user's directory takes CAP_SYS_PTRACE.
    package func facts(of pid: Int32) throws(HostError) -> ProcessFacts? {
        guard let started = try startTime(of: pid) else { return nil }
        // Asked first: of a process that runs its program by now, everything that is read after this is final.
        let isYetToBegin = isYetToBegin(pid)
        guard let uid = try uid(of: pid),
            let directory = try workingDirectory(of: pid), let group = try controlGroup(of: pid),
            // Still the same process, so that the facts belong together.
            try startTime(of: pid) == started
        else { return nil }
        return ProcessFacts(
            pid: pid, uid: uid, started: started, isYetToBegin: isYetToBegin, workingDirectory: directory,
            controlGroup: group)
    }

    /// Whether a process is still the copy of the service manager that is about to execute a unit's program: it runs what process
    /// 1 runs, or, from systemd 255 on, systemd-executor (NEWS of that release). What can't be read counts as begun, which is
    /// the stricter answer.
    private func isYetToBegin(_ pid: Int32) -> Bool {
        guard pid != 1, let program = try? ProcFile(path: "\(root)/\(pid)/exe").link() else { return false }
        if program.pieces(between: "/").last?.hasPrefix("systemd-executor") == true { return true }
        return program == (try? ProcFile(path: "\(root)/1/exe").link()) ?? ""
    }

    /// The ids of all processes of a control group and of those below it.
    ///
    /// - Parameter group: As systemctl's ControlGroup shows it; the empty group has no process.
    /// - Returns: The ids.
    /// - Throws: ``HostError/unreadable(path:reason:)``.
    package func pids(inControlGroup group: String) throws(HostError) -> Set<Int32> {
        guard group.hasPrefix("/"), group != "/" else { return [] }
        for mount in ["", "/unified", "/systemd"] {
            let folder = controlGroups + mount + group
            if try ProcFile(path: folder + "/cgroup.procs").bytes() != nil { return try pids(below: folder) }
        }
        var found: Set<Int32> = []
        for pid in try all() {
            guard let own = try controlGroup(of: pid), own == group || own.hasPrefix(group + "/") else { continue }
            found.insert(pid)
        }
        return found
    }

    /// The ids of all processes.
    package func all() throws(HostError) -> [Int32] {
        guard let names = try ProcFile(path: root).names() else {
            throw .unreadable(path: root, reason: "it does not exist")
        }
        return names.compactMap { Int32($0) }.sorted()
    }

    /// The id of this boot: what the kernel made at its start.
    package func bootID() throws(HostError) -> String { try word("\(root)/sys/kernel/random/boot_id") }

    func startTime(of pid: Int32) throws(HostError) -> Int64? {
        guard let text = try ProcFile(path: "\(root)/\(pid)/stat").text() else { return nil }
        guard let ticks = Self.startTicks(text) else {
            throw .unreadable(path: "\(root)/\(pid)/stat", reason: "field 22 is no number")
        }
        return ticks * (1_000_000_000 / Int64(max(1, sysconf(Int32(_SC_CLK_TCK)))))
    }

    /// Field 22 of a `stat` line. The name, field 2, stands in parentheses and may hold blanks and parentheses itself.
    static func startTicks(_ text: String) -> Int64? {
        guard let end = text.utf8.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = text[text.utf8.index(after: end)...].words
        guard fields.count > 19 else { return nil }
        return Int64(fields[19])
    }

    private func uid(of pid: Int32) throws(HostError) -> UInt32? {
        guard let text = try ProcFile(path: "\(root)/\(pid)/status").text() else { return nil }
        for line in text.lines where line.hasPrefix("Uid:\t") {
            let words = line.pieces(between: "\t")
            if words.count > 1, let uid = UInt32(words[1]) { return uid }
        }
        throw .unreadable(path: "\(root)/\(pid)/status", reason: "no line Uid:")
    }

    private func workingDirectory(of pid: Int32) throws(HostError) -> ProcessDirectory? {
        let link = "\(root)/\(pid)/cwd"
        guard let path = try ProcFile(path: link).link() else { return nil }
        var status = stat()
        guard stat(link, &status) == 0 else {
            if errno == ENOENT || errno == ESRCH { return nil }
            throw .unreadable(path: link, reason: SystemText.ofErrno())
        }
        let identity = FileIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
        // A directory may really be named so: then this very directory is found under the whole name.
        let named = path.hasSuffix(" (deleted)") ? try DirectoryFacts.of(path)?.identity : identity
        let isDeleted = named != identity
        return ProcessDirectory(path: path, identity: identity, isDeleted: isDeleted)
    }

    private func controlGroup(of pid: Int32) throws(HostError) -> String? {
        guard let text = try ProcFile(path: "\(root)/\(pid)/cgroup").text() else { return nil }
        return Self.controlGroup(text)
    }

    /// The path in `0::PATH` (unified), or in `N:name=systemd:PATH` where that one is in use beside it.
    static func controlGroup(_ text: String) -> String {
        var unified = ""
        for line in text.lines {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            if fields[1] == "name=systemd" { return String(fields[2]) }
            if fields[0] == "0", fields[1].isEmpty { unified = String(fields[2]) }
        }
        return unified
    }

    private func pids(below folder: String) throws(HostError) -> Set<Int32> {
        var found: Set<Int32> = []
        var waiting = [folder]
        while let next = waiting.popLast() {
            // Gone meanwhile, or a threaded group: it has no processes of its own.
            guard let text = try? ProcFile(path: next + "/cgroup.procs").text() else { continue }
            found.formUnion(text.lines.compactMap { Int32($0) })
            for name in try ProcFile(path: next).names() ?? [] {
                var status = stat()
                guard lstat("\(next)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { continue }
                waiting.append("\(next)/\(name)")
            }
        }
        return found
    }

    private func word(_ path: String) throws(HostError) -> String {
        guard let text = try ProcFile(path: path).text() else {
            throw .unreadable(path: path, reason: "it does not exist")
        }
        return String(text.prefix { !$0.isWhitespace })
    }
}
