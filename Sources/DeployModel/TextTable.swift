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
    package var text: String { text { $0 } }

    /// The lines one by one: the head, then one per row.
    package var lines: [String] { lines { $0 } }

    /// The lines, each cell as `paint` returns it; what that adds must not be visible.
    package func text(_ paint: (String) -> String) -> String { lines(paint).joined(separator: "\n") }

    private func lines(_ paint: (String) -> String) -> [String] {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            let cells = row.enumerated().map { column, cell in
                let shown = cell.isEmpty ? "-" : cell
                let blanks = column == row.count - 1 ? 0 : max(0, widths[column] - shown.count)
                return paint(shown) + String(repeating: " ", count: blanks)
            }
            return cells.joined(separator: "  ")
        }
    }
}
