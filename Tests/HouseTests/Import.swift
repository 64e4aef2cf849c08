/// An import declaration: `import X`, `package import X`, `@testable import struct X.Y`, inside `#if` or not.
struct Import: Equatable {
    let module: String
    /// Counted from 1.
    let line: Int

    private static let kinds: Set<String> = [
        "struct", "class", "enum", "protocol", "typealias", "func", "let", "var", "actor",
    ]

    static func all(in swift: SwiftText) -> [Import] {
        let tokens = swift.tokens
        return tokens.indices.compactMap { index in
            guard tokens[index].text == "import", index == 0 || tokens[index - 1].text != "." else { return nil }
            var next = index + 1
            if next < tokens.count, kinds.contains(tokens[next].text) { next += 1 }
            guard next < tokens.count else { return nil }
            return Import(module: tokens[next].text, line: tokens[next].line)
        }
    }
}
