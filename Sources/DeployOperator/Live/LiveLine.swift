import CTerminal
import DeployModel

/// A line of the live view: pieces of text that fit a number of columns, each with the meaning that a colour would underline.
struct LiveLine: Equatable, Sendable, ExpressibleByStringInterpolation {
    private(set) var pieces: [Piece]

    /// A piece of a line.
    struct Piece: Equatable, Sendable {
        var text: String
        var meaning: Colors.Meaning?
    }

    /// A line of one piece, safe to print: whatever others wrote goes through ``VisibleText`` here.
    init(_ text: String, _ meaning: Colors.Meaning? = nil) {
        pieces = text.isEmpty ? [] : [Piece(text: VisibleText(text).description, meaning: meaning)]
    }

    init(stringLiteral text: String) { self.init(text) }

    /// The text alone.
    var text: String { pieces.map(\.text).joined() }

    /// The columns that it takes.
    var width: Int { pieces.reduce(0) { $0 + Columns.of($1.text) } }

    static func + (left: LiveLine, right: LiveLine) -> LiveLine {
        var line = left
        line.pieces += right.pieces
        return line
    }

    /// The line in exactly `width` columns: cut, with a `~` as its last character, or filled with blanks.
    func filling(_ width: Int) -> LiveLine {
        let line = cut(to: width)
        let rest = width - line.width
        return rest > 0 ? line + LiveLine(String(repeating: " ", count: rest)) : line
    }

    /// The line in at most `width` columns; what was cut off shows as a `~`.
    func cut(to width: Int) -> LiveLine {
        guard self.width > width else { return self }
        guard width > 0 else { return "" }
        var line = LiveLine("")
        var room = width - 1
        for piece in pieces {
            let text = Columns.prefix(of: piece.text, in: room)
            line.pieces.append(Piece(text: text, meaning: piece.meaning))
            room -= Columns.of(text)
            guard text == piece.text else { break }
        }
        line.pieces.append(Piece(text: "~", meaning: nil))
        return line
    }
}

/// The columns of a terminal that text takes: two for most of East Asia's characters and emoji, none for a mark that is set on
/// the character before.
enum Columns {
    static func of(_ text: String) -> Int { text.reduce(0) { $0 + of($1) } }

    /// The beginning of a text that fits.
    static func prefix(of text: String, in columns: Int) -> String {
        var left = columns
        return String(
            text.prefix { character in
                left -= of(character)
                return left >= 0
            })
    }

    /// Of a character the widest scalar counts: what is joined to it stands in its columns.
    private static func of(_ character: Character) -> Int {
        character.isASCII ? 1 : character.unicodeScalars.reduce(0) { max($0, Int(qtdeploy_columns($1.value))) }
    }
}
