extension Rule {
    /// What the documents tell a reader to open or to type exists.
    static let mention = Rule(name: "mention") { files in
        let known = Known(files)
        return files.filter(isDocument).flatMap { document in
            CodeSpan.all(in: document.lines).flatMap { span in
                missing(in: span, known).map { Violation(document.path, span.line, $0) }
            }
        }
    }

    private static func isDocument(_ file: SourceFile) -> Bool {
        guard file.path.hasSuffix(".md") else { return false }
        return ["README.md", "CONTRIBUTING.md"].contains(file.path) || file.path.hasPrefix("ops/")
            || file.path.hasPrefix("agent/")
    }

    private static func missing(in span: CodeSpan, _ known: Known) -> [String] {
        let words = span.text.split(separator: " ").map(String.init)
        var missing = words.compactMap(known.missingPath)
        var command = words.drop { ["sudo", "$", "#"].contains($0) }
        if command.first == "ops/lab", command.dropFirst().first == "qtctl" { command = command.dropFirst() }
        guard let tool = command.first, let verb = command.dropFirst().first, known.isVerb(verb) else { return missing }
        if tool == "make", !known.makeTargets.contains(verb) {
            missing.append("the Makefile has no target `\(verb)`")
        } else if let verbs = known.verbs[tool], !verbs.contains(verb) {
            missing.append("`\(tool)` has no command `\(verb)`")
        }
        return missing
    }
}

/// What the tree offers to be mentioned.
private struct Known {
    private var paths: Set<String> = []
    private var roots: Set<String> = []
    private(set) var makeTargets: Set<String> = []
    private(set) var verbs: [String: Set<String>] = ["qtctl": ["help"], "qtagent": ["help"]]

    init(_ files: [SourceFile]) {
        for file in files {
            var parts = file.path.split(separator: "/")
            if parts.count > 1 { roots.insert(String(parts[0])) }
            while !parts.isEmpty {
                paths.insert(parts.joined(separator: "/"))
                parts.removeLast()
            }
            if file.path == "Makefile" { makeTargets = Self.makeTargets(file.lines) }
            if let target = file.target, verbs[target] != nil { verbs[target]?.formUnion(Self.commandNames(file)) }
        }
    }

    private static func makeTargets(_ lines: [String]) -> Set<String> {
        Set(
            lines.flatMap { line -> [String] in
                guard let colon = line.firstIndex(of: ":"), line.first?.isLetter == true else { return [] }
                return line[..<colon].split(separator: " ").map(String.init)
            })
    }

    /// The literals after `commandName:`, the form in which our commands state their names.
    private static func commandNames(_ file: SourceFile) -> [String] {
        file.lines.compactMap { line in
            guard let label = line.firstRange(of: "commandName: \"") else { return nil }
            return String(line[label.upperBound...].prefix { $0 != "\"" })
        }
    }

    /// `deploy` is one; `--all`, `VERB`, `PREFIX=/usr` and `<id>` are not.
    func isVerb(_ word: String) -> Bool {
        word.allSatisfy { $0.isLowercase || $0 == "-" } && word.first?.isLowercase == true
    }

    /// A word counts as a path of ours when it begins in one of our folders, or ends like what only we have: the
    /// stack that is deployed has scripts of its own.
    func missingPath(_ word: String) -> String? {
        var path = Substring(word)
        while let last = path.last, ".,:;)/'\"".contains(last) { path.removeLast() }
        if path.hasPrefix("./") { path.removeFirst(2) }
        let endings = [".md", ".swift", ".lua"]
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count > 1, let root = parts.first, !root.isEmpty,
            !path.contains(where: { "*<>{}$~=:".contains($0) }),
            roots.contains(String(root)) || endings.contains(where: path.hasSuffix)
        else { return nil }
        return paths.contains(String(path)) ? nil : "`\(path)` is not in the tree"
    }
}
