/// The one form of a justified exception: a comment `// <tag>: <reason>` on the line itself, or in the comment directly
/// above it (attributes may stand between).
enum Reason {
    /// Fewer words than this explain nothing.
    static let fewestWords = 3

    static func stands(_ tag: String, at line: Int, in swift: SwiftText) -> Bool {
        var index = line - 1
        if given(tag, in: swift.comments[index]) { return true }
        while index > 0 {
            index -= 1
            let code = swift.code[index].drop(while: \.isWhitespace)
            guard code.hasPrefix("@") || code.isEmpty && swift.comments[index].contains("//") else { return false }
            if given(tag, in: swift.comments[index]) { return true }
        }
        return false
    }

    /// Whether a line of comment (Swift's or Lua's) begins with the tag and goes on with a reason.
    static func given(_ tag: String, in comment: String) -> Bool {
        let text = comment.drop { $0.isWhitespace || $0 == "/" || $0 == "-" }
        guard text.hasPrefix(tag + ": ") else { return false }
        return text.dropFirst(tag.count + 1).split(separator: " ").count >= fewestWords
    }
}
