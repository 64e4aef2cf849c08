import Glibc

/// The lines at the end of a terminal that are drawn again and again. Nothing above them is ever touched, so that what stood
/// there, and what is printed meanwhile, stays in the terminal's history.
struct LiveRegion {
    /// Lines that stand there.
    private var drawn = 0
    private let write: (String) -> Void

    /// A region that is not drawn yet; `write` gets whole updates, so that a terminal never shows half of one.
    init(write: @escaping (String) -> Void) { self.write = write }

    /// Draws lines in the place of those that stand there.
    ///
    /// - Parameters:
    ///   - lines: each narrower than the terminal, so that none wraps; fewer than it has rows.
    ///   - paint: gives a piece its colour.
    mutating func draw(_ lines: [LiveLine], paint: (Colors.Meaning?, String) -> String) {
        let texts = lines.map { line in line.pieces.map { paint($0.meaning, $0.text) }.joined() + Self.clearLine }
        write(back + texts.joined(separator: "\r\n") + Self.clearBelow)
        drawn = lines.count
    }

    /// Prints a text above the region, which must be drawn again.
    mutating func print(above text: String) {
        write(back + Self.clearBelow + text.replacing("\n", with: "\r\n") + "\r\n")
        drawn = 0
    }

    /// Takes the region away.
    mutating func clear() {
        guard drawn > 0 else { return }
        write(back + Self.clearBelow)
        drawn = 0
    }

    /// Leaves the region as it stands, and goes below it.
    mutating func leave() {
        guard drawn > 0 else { return }
        write("\r\n")
        drawn = 0
    }

    /// The way to the region's first column. Never further up than there are lines: a terminal that became narrower may have
    /// wrapped them, or not, and what stands above must not be lost for it. At worst a part of the old picture stays there.
    private var back: String { "\r" + (drawn > 1 ? "\u{1B}[\(drawn - 1)A" : "") }

    // ECMA-48: erase to the end of the line, and to the end of the screen.
    private static let clearLine = "\u{1B}[K"
    private static let clearBelow = "\u{1B}[J"
}
