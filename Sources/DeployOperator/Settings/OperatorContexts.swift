import DeployModel
import SettingsFile

/// The contexts of a settings file: fleets by a name of the person's choice, one of which is used unless another is named.
struct OperatorContexts {
    /// By name.
    let all: [String: SettingsValue]
    private let current: SettingsValue?
    private let file: String

    /// Reads a settings file. Only the context that is used is judged later: a slip in another one must not stand in the way of
    /// a deployment.
    ///
    /// - Throws: ``SettingsError`` with the line.
    init(_ text: String, file: String) throws(SettingsError) {
        let root = try SettingsValue.parse(text, file: file).members(["context", "contexts"])
        if let value = root["contexts"] { all = try value.anyMembers() } else { all = [:] }
        current = root["context"]
        self.file = file
    }

    /// The name of the one that is used; nil when none is.
    func currentName() throws(SettingsError) -> String? { try current?.text() }

    /// The context of a name, or without one that which is used; nil when none is.
    ///
    /// - Throws: ``SettingsError`` with the near name, when there is no such context.
    func choose(_ name: String?) throws(SettingsError) -> SettingsValue? {
        var chosen = name
        if chosen == nil { chosen = try currentName() }
        guard let chosen else { return nil }
        if let value = all[chosen] { return value }
        let known = all.keys.sorted()
        let near = NearWord.of(chosen, among: known).map { "; \($0) was meant?" } ?? ""
        let problem =
            "there is no context \(chosen)\(near)" + (known.isEmpty ? "" : " (known: \(known.joined(separator: ", ")))")
        if name == nil, let current { throw current.error(problem) }
        throw SettingsError(file: file, line: nil, problem: problem)
    }

    /// The settings file's text with another context in use, everything else as it is.
    ///
    /// - Throws: ``SettingsError`` when there is no such context, or the line that names the one in use can't be told.
    func text(_ text: String, using name: String) throws(SettingsError) -> String {
        _ = try choose(name)
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        // A top-level key stands in the first column, in a file that is a mapping of two keys.
        let places = lines.indices.filter { lines[$0].hasPrefix("context:") }
        let line = "context: \(name)"
        switch (places.first, places.count, current) {
        case (let place?, 1, .some): lines[place] = line
        case (nil, _, nil): lines.insert(line, at: 0)
        default:
            throw SettingsError(
                file: file, line: nil, problem: "the line context: can't be found; change it with an editor")
        }
        let changed = lines.joined(separator: "\n")
        guard try OperatorContexts(changed, file: file).currentName() == name else {
            throw SettingsError(
                file: file, line: nil, problem: "\(name) can't be written as a plain word; change it with an editor")
        }
        return changed
    }
}
