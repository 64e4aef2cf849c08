package import DeployModel

/// What makes a clone something other than plain files of one repository. The agent deploys none of these: a checkout would
/// not leave the tree that the commit names.
package struct TreeSpecialities: Sendable, Equatable {
    /// Paths of submodules.
    package var submodules: [String] = []
    /// Files that git-lfs stores elsewhere.
    package var lfsFiles: [String] = []
    /// Whether only a part of the tree is checked out.
    package var isSparse = false
    /// Whether objects are fetched when they are needed.
    package var isPartial = false
    /// Files that git was told to take for unchanged (`assume-unchanged`) or not to look at (`skip-worktree`).
    package var hidden: [String] = []

    /// Keys of the repository's configuration that name programs which git would run and which can't be switched off:
    /// filters, and hooks of a newer git (decision 71).
    package var programs: [String] = []
    /// Keys that switch the check of a server's certificate off for one address, which no general key can outdo.
    package var unchecked: [String] = []

    /// No speciality.
    package init() {}

    /// Whether it is a plain clone.
    package var isPlain: Bool { self == TreeSpecialities() }

    /// Adds what `git ls-files -z -v --stage` shows: `<flag> <mode> <object> <stage>\t<path>`. A small letter stands for
    /// assume-unchanged, S for skip-worktree (git-ls-files(1)).
    ///
    /// - Returns: Whether each record has that shape.
    mutating func add(trackedFiles bytes: [UInt8]) -> Bool {
        for record in NulRecords.texts(bytes) {
            let halves = record.split(separator: "\t", maxSplits: 1, omittingEmptySubsequences: false)
            guard halves.count == 2, let path = halves.last.map(String.init) else { return false }
            let words = halves[0].split(separator: " ")
            guard words.count == 4, words[0].utf8.count == 1, let flag = words[0].utf8.first else { return false }
            if words[1] == "160000" { submodules.append(path) }
            if flag == UInt8(ascii: "S") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(flag) {
                hidden.append(path)
            }
        }
        return true
    }

    /// Adds what `git config -z --get-regexp` shows: `<key>\n<value>`; a key without a value counts as true.
    mutating func add(specialKeys bytes: [UInt8]) {
        for record in NulRecords.texts(bytes) {
            let halves = record.split(separator: "\n", maxSplits: 1)
            guard let key = halves.first.map(String.init) else { continue }
            let value = halves.count == 2 ? halves[1].lowercased() : record.contains("\n") ? "" : "true"
            let isOff = ["", "false", "no", "off", "0"].contains(value)
            if key.hasSuffix(".sslverify") {
                if isOff { unchecked.append(key) }
            } else if !isOff {
                if key.hasPrefix("filter.") || key.hasPrefix("hook.") {
                    programs.append(key)
                } else if key == "core.sparsecheckout" {
                    isSparse = true
                } else {
                    isPartial = true
                }
            }
        }
    }
}

/// One entry of HEAD's reflog.
package struct ReflogEntry: Sendable, Equatable {
    /// What HEAD was from this moment on.
    package var commit: CommitID
    /// Seconds since the epoch, by the wall clock of whoever moved HEAD.
    package var seconds: Int64

    /// An entry; see the properties.
    package init(commit: CommitID, seconds: Int64) {
        self.commit = commit
        self.seconds = seconds
    }

    /// Takes `<commit> HEAD@{<seconds>}`; nil when the text has another shape.
    init?(_ record: String) {
        let words = record.split(separator: " ")
        guard words.count == 2, let commit = try? CommitID(words[0]), words[1].hasSuffix("}"),
            let open = words[1].lastIndex(of: "{"),
            let seconds = Int64(words[1][words[1].index(after: open)...].dropLast())
        else { return nil }
        self.init(commit: commit, seconds: seconds)
    }
}
