import HostControl
import SystemPackage

/// Whether a tree of root is root's alone: git runs there as root, and does what the tree's `.git` says.
struct CodeOwner: Sendable {
    /// The tree.
    let root: String

    /// The first path that somebody else may change: the tree, its `.git`, or what lies directly in that, which is where git
    /// takes configuration, attributes and refs from.
    ///
    /// - Throws: ``HostError/unreadable(path:reason:)``.
    func opening() throws(HostError) -> String? {
        let git = root + "/.git"
        for path in [root, git] where try isOpen(path) { return path }
        for name in DurableFile.names(in: FilePath(git)) where try isOpen(git + "/" + name) { return git + "/" + name }
        return nil
    }

    private func isOpen(_ path: String) throws(HostError) -> Bool {
        guard let facts = try DirectoryFacts.of(path) else { return false }
        // Root's own group is nobody else.
        let others: UInt32 = facts.ownerGID == 0 ? 0o002 : 0o022
        return facts.ownerUID != 0 || facts.mode & others != 0
    }
}
