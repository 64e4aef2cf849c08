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
    ///   - width: characters of a line at most, as far as that can be: first columns without any value are left out, then what is
    ///     the same in every row is said once above them, then the widest are cut, but never below ``narrowest``. A wrapped row
    ///     is worse to read than a cut cell. nil: no limit.
    ///   - paint: gives a cell its colour; what it adds must not be visible.
    /// - Returns: what is said once, if anything; the head; then one line per row.
    package func lines(fitting width: Int? = nil, _ paint: (String) -> String = { $0 }) -> [String] {
        let layout = layout(fitting: width)
        let once = layout.once.map { "\(rows[0][$0]) \(paint(rows[1][$0]))" }.joined(separator: ", ")
        let table = rows.map { row in
            let last = row.indices.last { layout.widths[$0] != nil }
            let cells = row.indices.compactMap { column -> String? in
                guard let width = layout.widths[column] else { return nil }
                let shown = Self.cut(row[column].isEmpty ? "-" : row[column], to: width)
                let blanks = column == last ? 0 : max(0, width - shown.count)
                return paint(shown) + String(repeating: " ", count: blanks)
            }
            return cells.joined(separator: "  ")
        }
        return (once.isEmpty ? [] : ["in every row: " + once]) + table
    }

    /// As ``lines(fitting:_:)``, as one text.
    package func text(fitting width: Int? = nil, _ paint: (String) -> String = { $0 }) -> String {
        lines(fitting: width, paint).joined(separator: "\n")
    }

    /// A column is not cut below this: seven digits of a commit tell it from others.
    private static let narrowest = 8

    /// How the columns are shown.
    private struct Layout {
        /// The width of each column; nil for one that is left out.
        var widths: [Int?]
        /// Those of the columns left out whose value is said above the rows.
        var once: [Int] = []

        func excess(over width: Int) -> Int { widths.reduce(-2) { $0 + ($1.map { $0 + 2 } ?? 0) } - width }

        mutating func leaveOut(_ columns: [Int], until width: Int) -> [Int] {
            columns.filter { column in
                guard excess(over: width) > 0, widths[column] != nil else { return false }
                widths[column] = nil
                return true
            }
        }
    }

    private func layout(fitting width: Int?) -> Layout {
        let columns = rows.map(\.count).max() ?? 0
        var layout = Layout(
            widths: (0..<columns).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() })
        guard let width, columns > 0 else { return layout }
        // The first column is the name of the row: it stays, and stays whole. The last ones matter least.
        let lesser = (1..<columns).reversed().map { column in
            (column, values: Set(rows.dropFirst().map { $0.count > column ? $0[column] : "" }))
        }
        _ = layout.leaveOut(lesser.filter { $0.values == [""] }.map(\.0), until: width)
        if rows.count > 2 {
            let equal = lesser.filter { $0.values.count == 1 }.map(\.0)
            layout.once = layout.leaveOut(equal, until: width).reversed()
        }
        while layout.excess(over: width) > 0,
            let widest = layout.widths.indices.dropFirst().max(by: {
                (layout.widths[$0] ?? 0, $0) < (layout.widths[$1] ?? 0, $1)
            }),
            let now = layout.widths[widest], now > Self.narrowest
        { layout.widths[widest] = now - 1 }
        return layout
    }

    /// A cell that is too long ends, or as a path begins, with `~`.
    private static func cut(_ cell: String, to width: Int) -> String {
        guard cell.count > width else { return cell }
        return cell.hasPrefix("/") ? "~" + cell.suffix(width - 1) : cell.prefix(width - 1) + "~"
    }
}
