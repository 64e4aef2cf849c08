/// Text that a program wrote for programs, taken apart by its bytes. A `Character` is the wrong unit here: to Swift a carriage
/// return and a line feed are one that is neither, and finding its borders costs more than all the rest. Of `Substring` alone,
/// not of every string: generic code would go through a witness table for each byte.
extension Substring {
    /// What stands between line feeds, without empty lines.
    package var lines: [Substring] { pieces(between: "\n") }

    /// What stands between blanks, without empty words.
    package var words: [Substring] { pieces(between: " ") }

    /// What stands between an ASCII character; empty pieces are left out unless they are asked for.
    package func pieces(between separator: Unicode.Scalar, omittingEmpty: Bool = true) -> [Substring] {
        utf8.split(separator: UInt8(ascii: separator), omittingEmptySubsequences: omittingEmpty).map { Substring($0) }
    }
}

extension String {
    /// As of a `Substring`.
    package var lines: [Substring] { self[...].lines }

    /// As of a `Substring`.
    package var words: [Substring] { self[...].words }

    /// As of a `Substring`.
    package func pieces(between separator: Unicode.Scalar, omittingEmpty: Bool = true) -> [Substring] {
        self[...].pieces(between: separator, omittingEmpty: omittingEmpty)
    }
}
