extension Rule {
    /// Nobody outside links against this package: `package` is the widest access, and nothing is re-exported.
    static let access = eachFile("access") { file in
        guard file.isShipped, let swift = file.swift else { return [] }
        return ["public", "open", "_exported"].flatMap { word in
            swift.tokens.indices.compactMap { index in
                let token = swift.tokens[index]
                let before = index > 0 ? swift.tokens[index - 1].text : ""
                let after = index + 1 < swift.tokens.count ? swift.tokens[index + 1].text : ""
                guard token.text == word, before != ".", !["(", ":", ",", ")", "="].contains(after) else { return nil }
                return Violation(file.path, token.line, "`\(word)`: nothing here is for other packages")
            }
        }
    }
}
