extension Rule {
    /// A part is named after its duty. These words name none.
    static let name = eachFile("name") { file in
        var violations: [Violation] = []
        if let word = emptyWord(in: file.name) {
            violations.append(Violation(file.path, 1, "file name with `\(word)`: name the duty"))
        }
        for (keyword, name) in zip(file.swift?.tokens ?? [], (file.swift?.tokens ?? []).dropFirst())
        where ["struct", "class", "enum", "actor", "protocol", "typealias"].contains(keyword.text) {
            if let word = emptyWord(in: name.text) {
                violations.append(Violation(file.path, name.line, "`\(name.text)` with `\(word)`: name the duty"))
            }
        }
        return violations
    }

    private static let emptyWords: Set<String> = [
        "manager", "managers", "helper", "helpers", "util", "utils", "utility", "utilities", "common", "misc",
    ]

    private static func emptyWord(in name: String) -> String? {
        var words: [String] = [""]
        for character in name {
            if !character.isLetter || character.isUppercase { words.append("") }
            if character.isLetter { words[words.count - 1].append(character.lowercased()) }
        }
        return words.first(where: emptyWords.contains)
    }
}
