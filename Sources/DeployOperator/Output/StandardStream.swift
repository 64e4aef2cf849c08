import DeployModel
import Glibc

/// Standard output or standard error of this process.
enum StandardStream: Int32 {
    case output = 1
    case error = 2

    /// Writes all of a text.
    ///
    /// When nobody reads standard output any more (a closed pipe), nobody waits for the command: it leaves quietly, as after
    /// Ctrl-C, and whatever was submitted goes on. Standard error alone may be closed: the data is what counts.
    func write(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(rawValue, $0.baseAddress, $0.count) }
            if count > 0 {
                bytes = bytes.dropFirst(count)
            } else if errno == EAGAIN {
                wait()
            } else if errno != EINTR {
                if errno == EPIPE, Self.output.isUnread { exit(ExitCode.interrupted.rawValue) }
                return
            }
        }
    }

    /// A terminal that another program has made non-blocking: waits until it takes more.
    private func wait() {
        var descriptor = pollfd(fd: rawValue, events: Int16(POLLOUT), revents: 0)
        poll(&descriptor, 1, -1)
    }

    /// Whether this is a pipe without a reader: pipe(7), poll(2) on POLLERR.
    private var isUnread: Bool {
        var descriptor = pollfd(fd: rawValue, events: Int16(POLLOUT), revents: 0)
        return poll(&descriptor, 1, 0) > 0 && descriptor.revents & Int16(POLLERR) != 0
    }
}
