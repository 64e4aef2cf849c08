/// The files of a commit, as `git ls-tree -r -l -z` lists them.
struct TreeListing {
    struct Entry: Equatable {
        var isSubmodule: Bool
        var object: Substring
        /// Of the file's content; a submodule has none.
        var bytes: UInt64
    }
    private(set) var entries: [Substring: Entry] = [:]

    /// Takes `<mode> <kind> <object> <size>\t<path>`; nil when a record has another shape.
    init?(_ bytes: [UInt8]) {
        for record in NulRecords.texts(bytes) {
            let halves = record.split(separator: "\t", maxSplits: 1, omittingEmptySubsequences: false)
            let words = halves[0].split(separator: " ")
            guard halves.count == 2, words.count == 4 else { return nil }
            let isSubmodule = words[0] == "160000"
            guard let size = isSubmodule ? 0 : UInt64(words[3]) else { return nil }
            entries[halves[1]] = Entry(isSubmodule: isSubmodule, object: words[2], bytes: size)
        }
    }
}

/// What a checkout writes.
package struct CheckoutSize: Sendable, Equatable {
    /// The bytes of all files that it makes or changes. What it removes gives room later, or not at all.
    package var bytes: UInt64 = 0
    /// The submodules of the commit, which the agent does not deploy.
    package var submodules: [String] = []

    /// Nothing to write.
    package init() {}

    init(from old: TreeListing, to new: TreeListing) {
        for (path, entry) in new.entries {
            if entry.isSubmodule { submodules.append(String(path)) }
            guard old.entries[path]?.object != entry.object else { continue }
            let (sum, isOver) = bytes.addingReportingOverflow(entry.bytes)
            bytes = isOver ? .max : sum
        }
        submodules.sort()
    }
}
