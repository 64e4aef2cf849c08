import DeployModel
import HostControl

/// The files that a process was started with: its unit, the drop-ins and the environment files. What was changed since then
/// the process does not know.
struct StartFiles: Equatable, Sendable {
    /// Files that are there, or ought to be.
    let files: [String]
    /// Folders of files that may come and go: one that is taken away leaves no other trace.
    let folders: Set<String>
    /// The start interlock's drop-in, which changes nothing of a process. Nor does its coming into a folder.
    let interlock: String?

    /// The files of a unit, as systemd has loaded it.
    init(of facts: UnitFacts) {
        interlock = facts.dropInPaths.first { $0.hasSuffix("/" + InterlockDropIn.name) }
        let optional = facts.environmentFiles.filter(\.mayBeMissing).map(\.path)
        folders = Set((facts.dropInPaths + optional).map(Self.folder))
        files =
            facts.environmentFiles.map(\.path) + [facts.fragmentPath]
            + facts.dropInPaths.filter { !$0.hasSuffix("/" + InterlockDropIn.name) }
    }

    /// Whether all of it was the same when a process started: nothing was written, put in place or taken away since.
    func areOlder(than started: Timestamp) -> Bool {
        files.allSatisfy { (FileTime.changed($0) ?? Timestamp(milliseconds: 0)) < started }
            && folders.allSatisfy { folder in
                guard let changed = FileTime.changed(folder), changed >= started else { return true }
                return isByInterlock(changed, in: folder)
            }
    }

    /// Whether a folder changed last because the interlock's drop-in was put there: both get the same time, but for what a
    /// file system rounds.
    private func isByInterlock(_ changed: Timestamp, in folder: String) -> Bool {
        guard let interlock, Self.folder(of: interlock) == folder, let placed = FileTime.changed(interlock) else {
            return false
        }
        return abs(changed.milliseconds - placed.milliseconds) < 1000
    }

    private static func folder(of path: String) -> String {
        "/" + path.split(separator: "/").dropLast().joined(separator: "/")
    }
}
