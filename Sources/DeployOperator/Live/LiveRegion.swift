import Glibc

/// The lines at the end of a terminal that are drawn again and again. Nothing above them is ever touched, so that what stood
/// there, and what is printed meanwhile, stays in the terminal's history.
struct LiveRegion {
    /// Columns of each line that stands there.
    private var drawn: [Int] = []
    private let write: (String) -> Void

    /// A region that is not drawn yet; `write` gets whole updates, so that a terminal never shows half of one.
    init(write: @escaping (String) -> Void) { self.write = write }

    /// Draws lines in the place of those that stand there.
    ///
    /// - Parameters:
    ///   - lines: each narrower than the terminal, so that none wraps; fewer than it has rows.
    ///   - columns: of the terminal, as it is now.
    ///   - paint: gives a piece its colour.
    mutating func draw(_ lines: [LiveLine], columns: Int, paint: (Colors.Meaning?, String) -> String) {
        let texts = lines.map { line in line.pieces.map { paint($0.meaning, $0.text) }.joined() + Self.clearLine }
        write(back(columns) + texts.joined(separator: "\r\n") + Self.clearBelow)
        drawn = lines.map(\.width)
    }

    /// Prints a text above the region, which must be drawn again.
    mutating func print(above text: String, columns: Int) {
        write(back(columns) + Self.clearBelow + text.replacing("\n", with: "\r\n") + "\r\n")
        drawn = []
    }

    /// Takes the region away.
    mutating func clear(columns: Int) {
        guard !drawn.isEmpty else { return }
        write(back(columns) + Self.clearBelow)
        drawn = []
    }

    /// Leaves the region as it stands, and goes below it.
    mutating func leave() {
        guard !drawn.isEmpty else { return }
        write("\r\n")
        drawn = []
    }

    /// The way to the region's first column. A terminal that has become narrower has wrapped the lines that stand there.
    private func back(_ columns: Int) -> String {
        let rows = drawn.reduce(0) { $0 + max(1, ($1 + columns - 1) / max(1, columns)) }
        return "\r" + (rows > 1 ? "\u{1B}[\(rows - 1)A" : "")
    }

    // ECMA-48: erase to the end of the line, and to the end of the screen.
    private static let clearLine = "\u{1B}[K"
    private static let clearBelow = "\u{1B}[J"
}
