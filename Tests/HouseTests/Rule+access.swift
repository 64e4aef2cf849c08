extension Rule {
    /// Nobody outside links against this package: `package` is the widest access, and nothing is re-exported.
    static let access = eachFile("access") { file in
        guard file.isShipped, let swift = file.swift else { return [] }
        return swift.tokens.indices.compactMap { index in
            let token = swift.tokens[index]
            let before = index > 0 ? swift.tokens[index - 1].text : ""
            let after = index + 1 < swift.tokens.count ? swift.tokens[index + 1].text : ""
            let isModifier =
                switch token.text {
                case "public", "_exported": before != "." && (after.first?.isLetter == true || after == "(")
                case "open": opened.contains(after)
                default: false
                }
            return isModifier ? Violation(file.path, token.line, "`\(token.text)`: nobody outside uses this") : nil
        }
    }

    /// What can be open. The word alone is also a fair name of a case.
    private static let opened: Set<String> = ["class", "func", "var", "subscript", "override"]
}
