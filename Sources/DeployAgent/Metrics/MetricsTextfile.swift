import Glibc
import SystemPackage

/// A page of metrics as a file for node_exporter's textfile collector, which reads every `*.prom` of one folder.
struct MetricsTextfile: Sendable {
    let path: FilePath

    /// Replaces the file in one step: a reader finds the old page or the new one. It is not synced: after a loss of power
    /// the agent writes it anew.
    ///
    /// The page is written under a name that the collector does not read. What stands there, a link too, is removed first and
    /// never followed: the folder may be another user's.
    func replace(with page: String) throws(Errno) {
        let temporary = FilePath(path.string + ".new")
        guard unlink(temporary.string) == 0 || errno == ENOENT else { throw Errno(rawValue: errno) }
        do {
            let file = try FileDescriptor.open(
                temporary, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
                permissions: FilePermissions(rawValue: 0o600))
            try file.closeAfter {
                try file.writeAll(page.utf8)
                // Set by name, so that no mask takes it from the collector, which runs as a user of its own.
                guard fchmod(file.rawValue, 0o644) == 0 else { throw Errno(rawValue: errno) }
            }
            guard rename(temporary.string, path.string) == 0 else { throw Errno(rawValue: errno) }
        } catch {
            unlink(temporary.string)
            throw error as? Errno ?? Errno.ioError
        }
    }
}
