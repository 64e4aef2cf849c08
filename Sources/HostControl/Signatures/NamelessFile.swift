internal import Glibc
internal import SystemPackage

/// Bytes as a file without a name: for what a program wants to read from a file, or from standard input, while its runner hands
/// down no pipe. It goes with this value, and with a process that dies.
final class NamelessFile {
    private let file: FileDescriptor

    /// A file that holds these bytes, with its place at their beginning; only its owner can read it.
    init(_ bytes: [UInt8]) throws(HostError) {
        var name = Array("/tmp/qtdeploy-XXXXXX".utf8CString)
        let number = mkstemp(&name)
        guard number >= 0 else { throw .unwritable(path: "/tmp", reason: SystemText.ofErrno()) }
        unlink(name)
        _ = fcntl(number, F_SETFD, FD_CLOEXEC)
        file = FileDescriptor(rawValue: number)
        do { try file.writeAll(toAbsoluteOffset: 0, bytes) } catch {
            throw .unwritable(path: "/tmp", reason: String(describing: error))
        }
    }

    deinit { try? file.close() }

    /// For a child's standard input.
    var descriptor: FileDescriptor { file }

    /// A path under which a child of ours can open it, as long as this value lives.
    var path: String { "/proc/\(getpid())/fd/\(file.rawValue)" }
}
