import DeployModel
import Glibc
import SystemPackage

/// The journal of one attempt: `<state directory>/jobs/<rollout>-<op>-<attempt>`, one line per record, each synced before the
/// step that it announces. It is what dedup and recovery rest on; Redis is not asked.
///
/// Who works on a job holds a lock on its journal, so that a daemon which starts meanwhile does not recover a job that somebody
/// carries out by hand; it goes with the process.
///
/// An open journal has room for what a job writes, filled with NUL, so that a disk that fills up meanwhile can't keep the way
/// back from being written.
final class JobJournal {
    let attempt: AttemptName
    private let file: FileDescriptor
    private(set) var records: [JournalRecord]
    /// Where the next record goes.
    private var end: Int

    /// The room for a job's records, in bytes: some ten times of what a job of two services writes.
    private static let room = 65536

    private init(attempt: AttemptName, file: FileDescriptor, records: [JournalRecord], end: Int) {
        self.attempt = attempt
        self.file = file
        self.records = records
        self.end = end
    }

    deinit {
        // By name, because closing alone would leave the lock to any child that is between fork(2) and execve(2) now.
        flock(file.rawValue, LOCK_UN)
        // Every record was synced when it was written; there is nothing left that closing could lose.
        try? file.close()
    }

    /// Begins the journal of an attempt that has none; of one by hand where Redis knows nothing of it.
    ///
    /// - Throws: `.fileExists` when the attempt was taken before; `.noSpace` when there is no room for it, and then there is
    ///   no journal.
    static func begin(
        _ attempt: AttemptName, in directory: FilePath, order: [UInt8], isByHand: Bool = false
    ) throws(Errno) -> JobJournal {
        let path = directory.appending(attempt.description)
        do {
            let file = try FileDescriptor.open(
                path, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec], permissions: [.ownerReadWrite])
            let journal = JobJournal(attempt: attempt, file: file, records: [], end: 0)
            do {
                try lock(file)
                let code = posix_fallocate(file.rawValue, 0, off_t(room))
                guard code == 0 else { throw Errno(rawValue: code) }
                try journal.write(.admitted(order: order, isByHand: isByHand))
                try DurableFile.syncDirectory(directory)
            } catch {
                try? DurableFile.remove(path)
                throw error
            }
            return journal
        } catch let error as Errno { throw error } catch { throw Errno.ioError }
    }

    /// Opens a journal that a former life of the agent left. A last line that was cut off by a crash is dropped: what it
    /// announced had not begun.
    ///
    /// - Throws: `.wouldBlock` when a living process works on the job.
    static func resume(_ attempt: AttemptName, in directory: FilePath) throws(Errno) -> JobJournal {
        do {
            let path = directory.appending(attempt.description)
            let file = try FileDescriptor.open(path, .writeOnly, options: [.closeOnExec])
            do {
                try lock(file)
                let (records, end) = try read(path)
                // Nothing of a cut line may show behind the next one; and the room is wished for, no longer demanded.
                try file.resize(to: Int64(end))
                posix_fallocate(file.rawValue, off_t(end), off_t(room))
                return JobJournal(attempt: attempt, file: file, records: records, end: end)
            } catch {
                try? file.close()
                throw error
            }
        } catch let error as Errno { throw error } catch { throw Errno.ioError }
    }

    /// The records of an attempt's journal, as they stand now; empty when there is none. Changes nothing.
    static func records(of attempt: AttemptName, in directory: FilePath) throws(Errno) -> [JournalRecord] {
        try read(directory.appending(attempt.description)).records
    }

    /// Whether somebody made the order by hand; nil when the journal has no first record yet, or is gone. Reads the beginning alone:
    /// the agent's own journals hold orders of up to 512 KiB.
    static func isByHand(_ attempt: AttemptName, in directory: FilePath) -> Bool? {
        let path = directory.appending(attempt.description)
        let begin = Array(JournalRecord.byHand.utf8)
        guard let head = try? DurableFile.head(of: path, bytes: begin.count), !head.contains(0),
            head.count == begin.count
        else { return nil }
        return head == begin
    }

    /// Whether a living process works on the job. A journal that can't be opened counts as held: nobody could recover from it.
    static func isHeld(_ attempt: AttemptName, in directory: FilePath) -> Bool {
        let path = directory.appending(attempt.description)
        guard let file = try? FileDescriptor.open(path, .readOnly, options: [.closeOnExec]) else { return true }
        defer { close(file.rawValue) }
        return (try? lock(file)) == nil
    }

    private static func read(_ path: FilePath) throws(Errno) -> (records: [JournalRecord], end: Int) {
        let file = try DurableFile.read(path, limit: 4 << 20) ?? []
        let bytes = file[..<(file.firstIndex(of: 0) ?? file.endIndex)]
        let end = bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let lines = bytes[..<end].split(separator: UInt8(ascii: "\n"))
        return (lines.compactMap { JournalRecord(line: $0) }, end)
    }

    private static func lock(_ file: FileDescriptor) throws(Errno) {
        guard flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 else { throw Errno(rawValue: errno) }
    }

    /// Writes a record down; when this returns, it is on the disk. The room that is left over goes with the end.
    func write(_ record: JournalRecord) throws(Errno) {
        let line = Array((record.line + "\n").utf8)
        do { try file.writeAll(toAbsoluteOffset: Int64(end), line) } catch let error as Errno { throw error } catch {
            throw Errno.ioError
        }
        end += line.count
        if case .ended = record { try trim() }
        try DurableFile.sync(file)
        records.append(record)
    }

    private func trim() throws(Errno) {
        do { try file.resize(to: Int64(end)) } catch let error as Errno { throw error } catch { throw Errno.ioError }
    }
}

extension AttemptName {
    /// The attempt that a journal's file is named after, of this host.
    init?(journal name: String, host: HostName) {
        let parts = name.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let rollout = try? RolloutID(parts[0]), let operation = Operation(rawValue: parts[1]),
            let number = DecimalNumber.parse(parts[2])
        else { return nil }
        self.init(rollout: rollout, host: host, operation: operation, number: Int(number))
    }
}
