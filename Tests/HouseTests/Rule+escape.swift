extension Rule {
    /// What quiets the compiler, leaves the tree of tasks or traps needs its reason in place.
    static let escape = eachFile("escape") { file in
        guard file.isShipped, let swift = file.swift else { return [] }
        return escapes.flatMap { tag, pattern in
            swift.lines(of: pattern).filter { !Reason.stands(tag, at: $0, in: swift) }.map {
                Violation(file.path, $0, "`\(pattern.joined())` without `// \(tag): <reason>`")
            }
        }
    }

    private static let escapes: [(tag: String, pattern: [String])] = [
        ("unchecked", ["@", "unchecked"]),
        ("unchecked", ["nonisolated", "(", "unsafe"]),
        ("task", ["Task", "{"]),
        ("task", ["Task", "("]),
        ("task", ["Task", "<"]),
        ("task", ["Task", ".", "detached"]),
        ("task", ["Task", ".", "immediate"]),
        ("trap", ["try", "!"]),
        ("trap", ["as", "!"]),
        ("trap", ["fatalError", "("]),
        ("trap", ["preconditionFailure", "("]),
    ]
}
