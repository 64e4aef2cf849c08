import Yams

/// One value of a settings file, with its place: what is read from it fails with file and line.
package struct SettingsValue {
    /// The file's path, for errors.
    package let file: String
    /// Where the value stands: `services[0].checks`.
    package let path: String
    private let node: Node

    /// Reads a YAML text. An empty file is an empty mapping.
    ///
    /// - Throws: ``SettingsError`` with the line where the text stops being YAML.
    package static func parse(_ text: String, file: String) throws(SettingsError) -> SettingsValue {
        let node: Node?
        do { node = try Yams.compose(yaml: text) } catch { throw Self.error(error, file: file) }
        return SettingsValue(file: file, path: "", node: node ?? Node([(Node, Node)]()))
    }

    private static func error(_ error: any Error, file: String) -> SettingsError {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            SettingsError(file: file, line: mark.line, problem: "not YAML: \(problem)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            SettingsError(
                file: file, line: context.mark.line,
                problem: "a key stands twice: \(duplicates.joined(separator: ", "))")
        default: SettingsError(file: file, line: nil, problem: "not YAML")
        }
    }

    /// An error about this value.
    package func error(_ problem: String) -> SettingsError {
        SettingsError(file: file, line: node.mark?.line, problem: (path.isEmpty ? "" : path + ": ") + problem)
    }

    /// The members of a mapping, whose keys must all be among `known`.
    package func members(_ known: [String]) throws(SettingsError) -> [String: SettingsValue] {
        let members = try anyMembers()
        for member in members where !known.contains(member.key) {
            let near = NearWord.of(member.key, among: known).map { "; \($0) was meant?" } ?? ""
            let keys = known.joined(separator: ", ")
            throw member.value.error("unknown key \(member.key)\(near) (known here: \(keys))")
        }
        return members
    }

    /// The members of a mapping with keys of the writer's choice.
    package func anyMembers() throws(SettingsError) -> [String: SettingsValue] {
        guard case .mapping(let mapping) = node else { throw error("a mapping (key: value) is expected here") }
        var members: [String: SettingsValue] = [:]
        for (key, value) in mapping {
            guard let name = key.string else { throw error("a key that is not a text") }
            members[name] = SettingsValue(file: file, path: path.isEmpty ? name : "\(path).\(name)", node: value)
        }
        return members
    }

    /// The items of a list.
    package func items() throws(SettingsError) -> [SettingsValue] {
        guard case .sequence(let sequence) = node else { throw error("a list is expected here") }
        return sequence.enumerated().map { SettingsValue(file: file, path: "\(path)[\($0)]", node: $1) }
    }

    /// The text of a scalar, exactly as written.
    package func text() throws(SettingsError) -> String {
        guard case .scalar(let scalar) = node else { throw error("a text is expected here") }
        return scalar.string
    }

    /// `true` or `false`.
    package func flag() throws(SettingsError) -> Bool {
        switch try text() {
        case "true": true
        case "false": false
        default: throw error("true or false is expected here")
        }
    }

    /// A whole number within `range`.
    package func number(_ range: ClosedRange<Int>) throws(SettingsError) -> Int {
        guard let number = Int(try text()), range.contains(number) else {
            throw error("a number from \(range.lowerBound) to \(range.upperBound) is expected here")
        }
        return number
    }

    /// A length of time: a number with `ms`, `s`, `m` or `h` behind it.
    package func duration() throws(SettingsError) -> Duration {
        let text = try text()
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let units: [Substring: Double] = ["ms": 0.001, "s": 1, "m": 60, "h": 3600]
        guard let number = Int(digits), number <= 1_000_000, let unit = units[text.dropFirst(digits.count)] else {
            throw error("a time such as 500ms, 10s, 5m or 4h is expected here")
        }
        return .milliseconds(Int64(Double(number) * unit * 1000))
    }
}
