/// Numbers with their noun.
enum Counted {
    static func hosts(_ count: Int) -> String { "\(count) host\(count == 1 ? "" : "s")" }
    static func targets(_ count: Int) -> String { "\(count) target\(count == 1 ? "" : "s")" }
    static func commits(_ count: Int) -> String { "\(count) commit\(count == 1 ? "" : "s")" }

    /// Names in a few words: all of three at most, else the first, the last and how many.
    static func names(_ names: [String]) -> String {
        guard let first = names.first, let last = names.last, names.count > 3 else {
            return names.joined(separator: ", ")
        }
        return "\(first) ... \(last) (\(names.count))"
    }
}
