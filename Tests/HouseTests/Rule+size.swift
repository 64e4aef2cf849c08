extension Rule {
    /// A file that does one thing is short. A longer one says why in its first ten lines: `// size: <reason>`.
    static let fileSize = eachFile("fileSize") { file in
        let limit: Int
        if file.swift != nil {
            limit = file.isTest ? 600 : 400
        } else if file.path.hasSuffix(".lua") {
            limit = 80
        } else {
            return []
        }
        guard file.lines.count > limit, !file.lines.prefix(10).contains(where: { Reason.given("size", in: $0) }) else {
            return []
        }
        return [Violation(file.path, limit + 1, "\(file.lines.count) lines; \(limit) are the limit")]
    }

    /// From the keyword to the closing brace. A longer one says why directly above: `// size: <reason>`.
    static let functionSize = eachFile("functionSize") { file in
        guard let swift = file.swift else { return [] }
        return FunctionSpan.all(in: swift.tokens).filter { $0.lines > 40 }.compactMap { span in
            guard !Reason.stands("size", at: span.first, in: swift) else { return nil }
            return Violation(file.path, span.first, "`\(span.name)` has \(span.lines) lines; 40 are the limit")
        }
    }
}
