import DeployModel
import Glibc

/// Files that a reader always finds whole: the old text or the new one.
enum WholeFile {
    /// Puts a text in the place of a file, by default readable for everybody. It is not synced.
    ///
    /// It is written beside it first, under a name of this process. What stands there, a link too, is removed and never
    /// followed: the folder may be one that others write to.
    ///
    /// - Throws: ``OperatorError/usage(_:)`` that names the file.
    static func replace(_ path: String, with text: String, mode: mode_t = 0o644) throws(OperatorError) {
        let temporary = "\(path).\(getpid())"
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(path) }
        // Set by name, so that no mask takes it from other readers.
        let isWritten = write(Array(text.utf8), to: descriptor) && fchmod(descriptor, mode) == 0
        guard close(descriptor) == 0, isWritten, rename(temporary, path) == 0 else {
            let failure = failure(path)
            unlink(temporary)
            throw failure
        }
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EINTR else { return false }
            rest = rest.dropFirst(max(0, count))
        }
        return true
    }

    /// The last error of this thread, about a file.
    private static func failure(_ path: String) -> OperatorError {
        .usage("\(VisibleText(path)) can't be written: \(String(cString: strerror(errno))); check its folder")
    }
}
