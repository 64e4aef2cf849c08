package import DeployModel
internal import Glibc

/// When a file was changed last.
package enum FileTime {
    /// When its content was written, or it was put where it is: the later of both, on the wall clock, following links. A file
    /// that is moved or copied into place may keep an old time of writing; of a folder it is when an entry came or went.
    ///
    /// - Returns: nil when there is no such file, or it can't be looked at.
    package static func changed(_ path: String) -> Timestamp? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return max(timestamp(status.st_mtim), timestamp(status.st_ctim))
    }

    private static func timestamp(_ time: timespec) -> Timestamp {
        Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
