/// Where a function begins and ends, found by counting braces.
struct FunctionSpan: Equatable {
    let name: String
    let first: Int
    let last: Int
    var lines: Int { last - first + 1 }

    static func all(in tokens: [SwiftText.Token]) -> [FunctionSpan] {
        tokens.indices.compactMap { start in
            guard let name = name(at: start, in: tokens), let body = body(after: start, in: tokens),
                let end = end(of: body, in: tokens)
            else { return nil }
            return FunctionSpan(name: name, first: tokens[start].line, last: tokens[end].line)
        }
    }

    private static func name(at index: Int, in tokens: [SwiftText.Token]) -> String? {
        guard index + 1 < tokens.count, index == 0 || tokens[index - 1].text != "." else { return nil }
        let next = tokens[index + 1].text
        switch tokens[index].text {
        case "func": return next
        case "init" where ["(", "<", "?", "!"].contains(next): return "init"
        case "subscript" where ["(", "<"].contains(next): return "subscript"
        case "deinit" where next == "{": return "deinit"
        default: return nil
        }
    }

    /// The index of the opening brace; nil for a requirement of a protocol, which has none.
    private static func body(after start: Int, in tokens: [SwiftText.Token]) -> Int? {
        var depth = 0
        let isNamed = tokens[start].text == "func"
        for index in tokens.indices.dropFirst(start + (isNamed ? 2 : 1)) {
            switch tokens[index].text {
            case "(", "[": depth += 1
            case ")", "]": depth -= 1
            case "{" where depth == 0: return index
            case "}" where depth == 0: return nil
            case let word where depth == 0 && nextDeclaration.contains(word): return nil
            default: break
            }
        }
        return nil
    }

    private static let nextDeclaration: Set<String> = [
        "func", "init", "subscript", "var", "let", "associatedtype", "typealias", "static", "mutating",
    ]

    private static func end(of body: Int, in tokens: [SwiftText.Token]) -> Int? {
        var depth = 0
        for index in tokens.indices.dropFirst(body) {
            if tokens[index].text == "{" { depth += 1 }
            if tokens[index].text == "}" { depth -= 1 }
            if depth == 0 { return index }
        }
        return nil
    }
}
