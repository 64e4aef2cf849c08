import Testing

/// A rule of the house: a pure function over the files, so that a planted fault shows that it can fail.
struct Rule: Sendable, CustomTestStringConvertible {
    let name: String
    let violations: @Sendable ([SourceFile]) -> [Violation]

    var testDescription: String { name }

    /// Every rule that needs nothing but the files. The arrows also need the package description: `ArrowRule`.
    static let all: [Rule] = [
        .access, .escape, .functionSize, .fileSize, .mention, .name, .prefix, .stateDefault, .test, .warrant,
        .workplace,
    ]

    /// A rule that looks at one file at a time.
    static func eachFile(_ name: String, _ check: @escaping @Sendable (SourceFile) -> [Violation]) -> Rule {
        Rule(name: name) { $0.flatMap(check) }
    }
}
