/// What a Markdown document shows as code: a span in backticks, or a line of a fenced block.
struct CodeSpan: Equatable {
    let text: String
    /// Counted from 1.
    let line: Int

    static func all(in lines: [String]) -> [CodeSpan] {
        var spans: [CodeSpan] = []
        var fenced = false
        for (index, line) in lines.enumerated() {
            if line.drop(while: \.isWhitespace).hasPrefix("```") {
                fenced.toggle()
            } else if fenced {
                spans.append(CodeSpan(text: line, line: index + 1))
            } else {
                let parts = line.split(separator: "`", omittingEmptySubsequences: false)
                for part in stride(from: 1, to: parts.count - 1, by: 2) {
                    spans.append(CodeSpan(text: String(parts[part]), line: index + 1))
                }
            }
        }
        return spans
    }
}
