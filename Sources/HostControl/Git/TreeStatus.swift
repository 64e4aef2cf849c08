package import DeployModel

/// What `git status` found: one look at what is checked out and at what differs from it.
package struct TreeStatus: Sendable, Equatable {
    /// The commit that is checked out; nil in a repository without one.
    package var head: CommitID?
    /// The branch that is checked out; nil when HEAD is detached.
    package var branch: BranchName?
    /// Tracked files that differ from HEAD, in the index or in the tree.
    package var changed: [String]
    /// Untracked files and directories; what is ignored is not among them.
    package var untracked: [String]

    /// Whether every tracked file is as in HEAD.
    package var isClean: Bool { changed.isEmpty }

    /// A status; see the properties.
    package init(head: CommitID?, branch: BranchName?, changed: [String], untracked: [String]) {
        self.head = head
        self.branch = branch
        self.changed = changed
        self.untracked = untracked
    }

    /// Takes the answer of `git status --porcelain=v2 --branch -z` (git-status(1), "Porcelain Format Version 2").
    ///
    /// - Returns: nil when a record has another shape, the branch's name is outside ``BranchName``, or there is no word of HEAD.
    init?(porcelain bytes: [UInt8]) {
        changed = []
        untracked = []
        var headers: [Substring: Substring] = [:]
        var records = NulRecords.texts(bytes).makeIterator()
        while let record = records.next() {
            switch record.utf8.first {
            case UInt8(ascii: "1"):
                guard let path = Self.field(8, of: record) else { return nil }
                changed.append(path)
            case UInt8(ascii: "2"):
                // A rename: the old path is a record of its own.
                guard let path = Self.field(9, of: record), records.next() != nil else { return nil }
                changed.append(path)
            case UInt8(ascii: "u"):
                guard let path = Self.field(10, of: record) else { return nil }
                changed.append(path)
            case UInt8(ascii: "?"):
                guard let path = Self.field(1, of: record) else { return nil }
                untracked.append(path)
            case UInt8(ascii: "#"):
                let words = record.split(separator: " ", maxSplits: 2)
                if words.count == 3 { headers[words[1]] = words[2] }
            case UInt8(ascii: "!"): continue
            default: return nil
            }
        }
        guard let oid = headers["branch.oid"], let name = headers["branch.head"] else { return nil }
        head = try? CommitID(oid)
        branch = try? BranchName(name)
        guard head != nil || oid == "(initial)", branch != nil || name == "(detached)" else { return nil }
    }

    /// The path, which is all that follows the `count`th blank: paths may have blanks themselves.
    private static func field(_ count: Int, of record: String) -> String? {
        let parts = record.split(separator: " ", maxSplits: count, omittingEmptySubsequences: false)
        guard parts.count == count + 1, let path = parts.last, !path.isEmpty else { return nil }
        return String(path)
    }
}

/// Records that end with a NUL, as git's `-z` prints them.
enum NulRecords {
    static func texts(_ bytes: [UInt8]) -> [String] {
        bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }
}
