/// Finds what a misspelt word was meant to be.
package enum NearWord {
    /// The known word that is at most two edits away, or nil.
    package static func of(_ word: String, among known: [String]) -> String? {
        let ranked = known.map { (word: $0, distance: distance(Array(word.utf8), Array($0.utf8))) }
        guard let best = ranked.min(by: { $0.distance < $1.distance }), best.distance <= 2,
            best.distance < word.utf8.count
        else { return nil }
        return best.word
    }

    /// Levenshtein's distance over bytes.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var previous = Array(0...right.count)
        for (row, byte) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                let change = previous[column] + (byte == other ? 0 : 1)
                current.append(min(change, previous[column + 1] + 1, current[column] + 1))
            }
            previous = current
        }
        return previous[right.count]
    }
}
