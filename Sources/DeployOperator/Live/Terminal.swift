import Glibc

/// The terminal that progress goes to, or the one that data goes to.
package struct Terminal: Sendable, Equatable {
    package var columns: Int
    package var rows: Int

    /// The least that a live view can be drawn in.
    static let least = Terminal(columns: 20, rows: 4)

    package init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
    }

    /// The columns of the terminal behind standard output; nil when there is none.
    package static func outputColumns() -> Int? {
        var size = winsize()
        guard isatty(STDOUT_FILENO) == 1, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
            return nil
        }
        return Int(size.ws_col)
    }

    /// The terminal behind standard error; nil when there is none, when it can't move its cursor, or is too small.
    package static func current(_ environment: [String: String]) -> Terminal? {
        guard isatty(STDERR_FILENO) == 1, !["", "dumb"].contains(environment["TERM"] ?? "") else { return nil }
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 else { return nil }
        let terminal = Terminal(columns: Int(size.ws_col), rows: Int(size.ws_row))
        return terminal.columns >= least.columns && terminal.rows >= least.rows ? terminal : nil
    }
}
