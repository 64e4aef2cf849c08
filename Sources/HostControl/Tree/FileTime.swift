package import DeployModel
internal import Glibc

/// When a file was changed last.
package enum FileTime {
    /// The modification time, on the wall clock, following links.
    ///
    /// - Returns: nil when there is no such file, or it can't be looked at.
    package static func modified(_ path: String) -> Timestamp? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Timestamp(milliseconds: Int64(status.st_mtim.tv_sec) * 1000 + Int64(status.st_mtim.tv_nsec) / 1_000_000)
    }
}
