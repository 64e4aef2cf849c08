import Glibc

/// Lines for the person or the journal behind standard error.
enum StandardError {
    /// Prints one line with one write, so that lines of several tasks never mix. What can't be written is lost: there is
    /// nobody to tell.
    static func print(_ text: String) {
        let bytes = Array((text + "\n").utf8)
        _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
