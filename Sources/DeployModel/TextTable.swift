/// Rows in columns, two blanks apart, for a person. Cells are made safe to print.
package struct TextTable: Sendable {
    /// Characters of a cell: the widest cell makes the column, and what others wrote may have any length.
    private static let widest = 200
    private var rows: [[String]]
    private let firm: Set<Int>
    private let lesser: [Int]

    /// A table with its head.
    package init(_ head: String...) { self.init(head) }

    /// A table with its head.
    ///
    /// - Parameters:
    ///   - head: the columns. The first is the name of the row, and always whole.
    ///   - firm: those that are cut only when nothing else can be.
    ///   - lesser: those that may be left out for that, the first one first.
    package init(_ head: [String], firm: Set<String> = [], lesser: [String] = []) {
        rows = [head]
        self.firm = Set(head.indices.filter { firm.contains(head[$0]) })
        self.lesser = lesser.compactMap(head.firstIndex)
    }

    /// Adds a row.
    package mutating func add(_ cells: String...) { add(cells) }

    /// Adds a row.
    package mutating func add(_ cells: [String]) { rows.append(cells.map(Self.cell)) }

    private static func cell(_ text: String) -> String {
        let shown = VisibleText(text.prefix(widest)).description
        return text.count > widest ? shown + "..." : shown
    }

    /// The lines; an empty cell shows as `-`.
    package var text: String { text(fitting: nil) }

    /// The lines one by one.
    ///
    /// - Parameters:
    ///   - width: characters of a row at most, as far as that can be. First columns without any value are left out; then what is
    ///     the same in every row is said once above them; then the widest are cut; then lesser ones are left out; then firm ones
    ///     are cut. None is cut below ``narrowest``. A wrapped row is worse to read than a cut cell. nil: no limit.
    ///   - paint: gives a cell its colour, of which only a part may be shown; what it adds must not be visible.
    /// - Returns: what is said above the rows, if anything; the head; then one line per row.
    package func lines(
        fitting width: Int? = nil, _ paint: (_ cell: String, _ shown: String) -> String = { $1 }
    ) -> [String] {
        let layout = layout(fitting: width)
        let once = layout.once.map { "\(rows[0][$0]) \(paint(rows[1][$0], rows[1][$0]))" }.joined(separator: ", ")
        let missing = layout.missing.map { rows[0][$0] }.joined(separator: ", ")
        let above = [once.isEmpty ? "" : "in every row: \(once)", missing.isEmpty ? "" : "no room for: \(missing)"]
        let table = rows.map { row in
            let last = row.indices.last { layout.widths[$0] != nil }
            let cells = row.indices.compactMap { column -> String? in
                guard let width = layout.widths[column] else { return nil }
                let shown = cut(row[column].isEmpty ? "-" : row[column], to: width, column)
                let blanks = column == last ? 0 : max(0, width - shown.count)
                return paint(row[column], shown) + String(repeating: " ", count: blanks)
            }
            return cells.joined(separator: "  ")
        }
        let said = above.filter { !$0.isEmpty }.joined(separator: "; ")
        return (said.isEmpty ? [] : [said]) + table
    }

    /// As ``lines(fitting:_:)``, as one text.
    package func text(
        fitting width: Int? = nil, _ paint: (_ cell: String, _ shown: String) -> String = { $1 }
    ) -> String {
        lines(fitting: width, paint).joined(separator: "\n")
    }

    /// A column is not cut below this: seven digits of a commit tell it from others.
    private static let narrowest = 8

    /// How the columns are shown.
    private struct Layout {
        /// The width of each column; nil for one that is left out.
        var widths: [Int?]
        /// Those of the columns left out whose value is said above the rows, and those that are only named there.
        var once: [Int] = []
        var missing: [Int] = []
        let width: Int

        var isTooWide: Bool { widths.reduce(-2) { $0 + ($1.map { $0 + 2 } ?? 0) } > width }

        /// Leaves out one of the columns after the other, until the rest fits.
        mutating func leaveOut(_ columns: [Int]) -> [Int] {
            columns.filter { column in
                guard isTooWide, widths[column] != nil else { return false }
                widths[column] = nil
                return true
            }
        }

        /// Cuts the widest of the columns, again and again, until all fit.
        mutating func cut(_ columns: [Int]) {
            while isTooWide, let widest = columns.max(by: { (widths[$0] ?? 0, $0) < (widths[$1] ?? 0, $1) }),
                let now = widths[widest], now > TextTable.narrowest
            { widths[widest] = now - 1 }
        }
    }

    private func layout(fitting width: Int?) -> Layout {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() }
        var layout = Layout(widths: widths, width: width ?? .max)
        guard width != nil, columns > 1 else { return layout }
        // The last ones matter least.
        let others = (1..<columns).reversed().map { column in
            (column, values: Set(rows.dropFirst().map { $0.count > column ? $0[column] : "" }))
        }
        _ = layout.leaveOut(others.filter { $0.values == [""] }.map(\.0))
        if rows.count > 2 { layout.once = layout.leaveOut(others.filter { $0.values.count == 1 }.map(\.0)).reversed() }
        layout.cut(others.map(\.0).filter { !firm.contains($0) })
        layout.missing = layout.leaveOut(lesser).sorted()
        layout.cut(Array(firm))
        return layout
    }

    /// A cell that is too long ends with `~`; a path begins with it, and in a firm column a name has it in its middle, for that is
    /// where names differ least.
    private func cut(_ cell: String, to width: Int, _ column: Int) -> String {
        guard cell.count > width else { return cell }
        if cell.hasPrefix("/") { return "~" + cell.suffix(width - 1) }
        guard firm.contains(column), !cell.contains(" ") else { return cell.prefix(width - 1) + "~" }
        return cell.prefix((width - 1) / 2) + "~" + cell.suffix(width - 1 - (width - 1) / 2)
    }
}
