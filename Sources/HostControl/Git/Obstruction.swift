/// Which files of the work tree stand in the way of a checkout without being tracked: git refuses to overwrite some and
/// silently overwrites others (ignored ones), so the agent looks itself, before anything is touched.
struct Obstruction {
    /// Paths that the target has and HEAD has not.
    var added: [String] = []
    /// Paths that HEAD has and the target has not, or has as something else.
    var replaced: Set<String> = []

    /// Takes the answer of `git diff --name-status -z`: `<letter>\0<path>\0...`; nil when it has another shape.
    init?(nameStatus bytes: [UInt8]) {
        var records = NulRecords.texts(bytes).makeIterator()
        while let letter = records.next() {
            guard let path = records.next() else { return nil }
            switch letter {
            case "A": added.append(path)
            case "D", "T": replaced.insert(path)
            default: return nil
            }
        }
    }

    /// The untracked paths in the way. `kind` looks at a path of the work tree.
    func paths(kind: (String) -> PathKind) -> [String] {
        var found: Set<String> = []
        for path in added {
            if let inTheWay = obstacle(to: path, kind) { found.insert(inTheWay) }
        }
        return found.sorted()
    }

    /// The first thing on the way down to `path` that is not a directory; or the path itself, if it is there.
    private func obstacle(to path: String, _ kind: (String) -> PathKind) -> String? {
        let parts = path.split(separator: "/")
        for depth in 1..<max(1, parts.count) {
            let prefix = parts.prefix(depth).joined(separator: "/")
            switch kind(prefix) {
            case .directory: continue
            case .nothing: return nil
            case .other: return replaced.contains(prefix) ? nil : prefix
            }
        }
        switch kind(path) {
        case .nothing: return nil
        case .other: return path
        // A tracked directory goes away with its files; git itself refuses if anything else is left in it.
        case .directory: return replaced.contains { $0.hasPrefix(path + "/") } ? nil : path
        }
    }
}

/// What lies at a path, symbolic links not followed.
enum PathKind: Sendable, Equatable {
    case nothing, directory, other
}
