/// Rows in columns, two blanks apart, for a person. Cells are made safe to print.
package struct TextTable: Sendable {
    /// Characters of a cell: the widest cell makes the column, and what others wrote may have any length.
    private static let widest = 200
    private var rows: [[String]]

    /// A table with its head.
    package init(_ head: String...) { self.init(head) }

    /// A table with its head.
    package init(_ head: [String]) { rows = [head] }

    /// Adds a row.
    package mutating func add(_ cells: String...) { add(cells) }

    /// Adds a row.
    package mutating func add(_ cells: [String]) { rows.append(cells.map(Self.cell)) }

    private static func cell(_ text: String) -> String {
        let shown = VisibleText(text.prefix(widest)).description
        return text.count > widest ? shown + "..." : shown
    }

    /// The lines; an empty cell shows as `-`.
    package var text: String { text() }

    /// The lines one by one.
    ///
    /// - Parameters:
    ///   - width: characters of a line at most, as far as that can be: first columns without any value are left out, then the
    ///     widest are cut, but never below ``narrowest``. A wrapped row is worse to read than a cut cell. nil: no limit.
    ///   - paint: gives a cell its colour; what it adds must not be visible.
    /// - Returns: the head, then one line per row.
    package func lines(fitting width: Int? = nil, _ paint: (String) -> String = { $0 }) -> [String] {
        let widths = widths(fitting: width)
        return rows.map { row in
            let last = row.indices.last { widths[$0] != nil }
            let cells = row.indices.compactMap { column -> String? in
                guard let width = widths[column] else { return nil }
                let shown = Self.cut(row[column].isEmpty ? "-" : row[column], to: width)
                let blanks = column == last ? 0 : max(0, width - shown.count)
                return paint(shown) + String(repeating: " ", count: blanks)
            }
            return cells.joined(separator: "  ")
        }
    }

    /// As ``lines(fitting:_:)``, as one text.
    package func text(fitting width: Int? = nil, _ paint: (String) -> String = { $0 }) -> String {
        lines(fitting: width, paint).joined(separator: "\n")
    }

    /// A column is not cut below this: a short commit is as long.
    private static let narrowest = 10

    /// The width of each column; nil for one that is left out.
    private func widths(fitting width: Int?) -> [Int?] {
        let columns = rows.map(\.count).max() ?? 0
        var widths: [Int?] = (0..<columns).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() }
        guard let width else { return widths }
        func excess() -> Int { widths.reduce(-2) { $0 + ($1.map { $0 + 2 } ?? 0) } - width }
        for column in (1..<max(1, columns)).reversed() where excess() > 0 {
            let isEmpty = rows.dropFirst().allSatisfy { $0.count <= column || $0[column].isEmpty }
            if isEmpty { widths[column] = nil }
        }
        // The first column is the name of the row: it stays whole.
        while excess() > 0,
            let widest = widths.indices.dropFirst().max(by: { (widths[$0] ?? 0, $0) < (widths[$1] ?? 0, $1) }),
            let now = widths[widest], now > Self.narrowest
        { widths[widest] = now - 1 }
        return widths
    }

    /// A cell that is too long ends, or as a path begins, with `~`.
    private static func cut(_ cell: String, to width: Int) -> String {
        guard cell.count > width else { return cell }
        return cell.hasPrefix("/") ? "~" + cell.suffix(width - 1) : cell.prefix(width - 1) + "~"
    }
}
