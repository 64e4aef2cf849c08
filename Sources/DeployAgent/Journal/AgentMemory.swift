import DeployModel
import Glibc
import SystemPackage

/// What the agent remembers on disk besides jobs: the running-commit record and the highest fencing token.
///
/// An actor, because the host job and the beat both read and write it. The daemon is not alone with the files: `qtagent deploy`
/// and `qtagent recover` write them too, so each look reads a file that was replaced, and each change is made under a lock.
actor AgentMemory {
    private let recordPath: FilePath
    private let tokenPath: FilePath
    private let lockPath: FilePath
    private var known = RunningRecord()
    private var knownFile: FileStamp?
    private(set) var highestToken: Int64

    /// Reads what a former life wrote; a file that is not there or not ours counts as empty.
    init(stateDirectory: FilePath) {
        recordPath = stateDirectory.appending("running")
        tokenPath = stateDirectory.appending("token")
        lockPath = stateDirectory.appending("memory.lock")
        let digits = (try? DurableFile.read(tokenPath, limit: 64)).flatMap { $0 } ?? []
        highestToken = DecimalNumber.parse(digits.filter { $0 != UInt8(ascii: "\n") }) ?? 0
    }

    /// The running-commit record as it stands.
    var record: RunningRecord {
        refresh()
        return known
    }

    /// Changes the record and writes it down.
    func update(_ change: @Sendable (inout RunningRecord) -> Void) throws(Errno) {
        let lock = FileLock(lockPath)
        defer { lock?.release() }
        refresh()
        let before = known
        change(&known)
        guard known != before else { return }
        try DurableFile.replace(recordPath, with: Array(known.text.utf8))
        knownFile = FileStamp(recordPath)
    }

    /// Writes down a token that was given; it never falls.
    func sawToken(_ token: Int64) throws(Errno) {
        guard token > highestToken else { return }
        highestToken = token
        try DurableFile.replace(tokenPath, with: Array("\(token)\n".utf8))
    }

    private func refresh() {
        let stamp = FileStamp(recordPath)
        guard stamp != knownFile else { return }
        knownFile = stamp
        let text = (try? DurableFile.read(recordPath, limit: 1 << 20)).flatMap { $0 } ?? []
        known = RunningRecord(text: String(decoding: text, as: UTF8.self))
    }
}

/// What tells one version of a file from the next: each is a file of its own, renamed into place.
private struct FileStamp: Equatable {
    private let inode: UInt64
    private let seconds: Int
    private let nanoseconds: Int

    init?(_ path: FilePath) {
        var status = stat()
        guard stat(path.string, &status) == 0 else { return nil }
        inode = UInt64(status.st_ino)
        seconds = status.st_mtim.tv_sec
        nanoseconds = status.st_mtim.tv_nsec
    }
}

/// A lock between processes, held for the time of one small write.
private struct FileLock {
    private let descriptor: Int32

    /// Waits for the lock; nil where it can't be had at all, for the memory is no reason to fail a job.
    init?(_ path: FilePath) {
        descriptor = open(path.string, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return nil }
        _ = flock(descriptor, LOCK_EX)
    }

    func release() { close(descriptor) }
}
