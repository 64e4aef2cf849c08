internal import Glibc

extension ProcessTable {
    /// A process that has a file open, as `pid N (name)`, for a person's eyes.
    ///
    /// - Returns: nil when there is none, or no such file. Processes that may not be looked into, which takes
    ///   CAP_SYS_PTRACE, are passed over.
    package func opener(of path: String) -> String? {
        var wanted = stat()
        guard lstat(path, &wanted) == 0 else { return nil }
        for pid in (try? all()) ?? [] {
            let folder = "\(root)/\(pid)/fd"
            let isHeld = ((try? ProcFile(path: folder).names()) ?? []).contains { name in
                var status = stat()
                return stat("\(folder)/\(name)", &status) == 0 && status.st_ino == wanted.st_ino
                    && status.st_dev == wanted.st_dev
            }
            guard isHeld else { continue }
            let name = (try? ProcFile(path: "\(root)/\(pid)/comm").text())?.split(separator: "\n").first
            return "pid \(pid) (\(name ?? "?"))"
        }
        return nil
    }
}
