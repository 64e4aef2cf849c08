internal import Glibc

/// Who holds a flock, as /proc/locks tells it (proc(5)). For a person's eyes: the process may be gone while a child of it
/// still holds the inherited lock.
enum LockHolder {
    /// `pid N (name)`, or nil when it can't be found.
    static func find(file descriptor: Int32) -> String? {
        var status = stat()
        guard fstat(descriptor, &status) == 0,
            let text = try? ProcFile(path: "/proc/locks").text()
        else { return nil }
        guard let pid = holder(in: text, inode: UInt64(status.st_ino)) else { return nil }
        let name = (try? ProcFile(path: "/proc/\(pid)/comm").text())?.split(separator: "\n").first.map(String.init)
        return name.map { "pid \(pid) (\($0))" } ?? "a child of pid \(pid), which is gone"
    }

    /// The pid in the line of a granted flock on this inode. The device is not compared: on overlay and btrfs the file
    /// system shows another number there than stat(2) gives.
    static func holder(in text: String, inode: UInt64) -> Int32? {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count >= 6, words[1] == "FLOCK",
                words[5].split(separator: ":").last.map(String.init) == String(inode)
            else { continue }
            return Int32(words[4])
        }
        return nil
    }
}
