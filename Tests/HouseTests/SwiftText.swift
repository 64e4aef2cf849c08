/// A Swift file taken apart far enough for the rules: tokens of its code, its comments and the insides of its strings.
///
/// It is not a parser. Regex literals with a quotation mark in them confuse it until the end of that line.
struct SwiftText: Sendable {
    struct Token: Sendable, Equatable {
        /// An identifier, a keyword or a number; else one character.
        let text: String
        /// Counted from 1.
        let line: Int
        /// Whether white space, a comment or a string stands before it.
        let spaced: Bool
    }

    let tokens: [Token]
    /// By line, from index 0: only what stands in comments.
    let comments: [String]
    /// By line, from index 0: only what stands in string literals, without interpolated code.
    let strings: [String]
    /// By line, from index 0: what is neither.
    let code: [String]

    init(_ text: String) {
        let bytes = Array(text.utf8)
        let kinds = SwiftScanner.kinds(of: bytes)
        func lines(_ wanted: SwiftScanner.Kind) -> [String] {
            let blanked = zip(bytes, kinds).map { byte, kind in
                byte == UInt8(ascii: "\n") || kind == wanted ? byte : UInt8(ascii: " ")
            }
            return String(decoding: blanked, as: UTF8.self)
                .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        }
        comments = lines(.comment)
        strings = lines(.string)
        code = lines(.code)
        tokens = Self.tokens(of: code)
    }

    private static func tokens(of code: [String]) -> [Token] {
        var tokens: [Token] = []
        for (index, line) in code.enumerated() {
            var word = ""
            var spaced = true
            var wordSpaced = true
            func endWord() {
                guard !word.isEmpty else { return }
                tokens.append(Token(text: word, line: index + 1, spaced: wordSpaced))
                word = ""
            }
            for character in line {
                if character.isLetter || character.isNumber || character == "_" {
                    if word.isEmpty { wordSpaced = spaced }
                    word.append(character)
                } else {
                    endWord()
                    if !character.isWhitespace {
                        tokens.append(Token(text: String(character), line: index + 1, spaced: spaced))
                    }
                }
                spaced = character.isWhitespace
            }
            endWord()
        }
        return tokens
    }

    /// The lines where the tokens of `pattern` stand one after the other. A `!` counts only when nothing separates it
    /// from the token before: `try!` is meant, `try !done()` is not.
    func lines(of pattern: [String]) -> [Int] {
        guard let first = pattern.first else { return [] }
        return tokens.indices.compactMap { start in
            guard tokens[start].text == first, start + pattern.count <= tokens.count else { return nil }
            let match = zip(tokens[start...], pattern).allSatisfy { token, wanted in
                token.text == wanted && !(wanted == "!" && token.spaced)
            }
            return match ? tokens[start].line : nil
        }
    }
}
