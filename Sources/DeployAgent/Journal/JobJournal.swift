import DeployModel
import Glibc
import SystemPackage

/// The journal of one attempt: `<state directory>/jobs/<rollout>-<op>-<attempt>`, one line per record, each synced before the
/// step that it announces. It is what dedup and recovery rest on; Redis is not asked.
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
        // Every record was synced when it was written; there is nothing left that closing could lose.
        try? file.close()
    }

    /// Begins the journal of an attempt that has none.
    ///
    /// - Throws: `.fileExists` when the attempt was taken before; `.noSpace` when there is no room for it, and then there is
    ///   no journal.
    static func begin(_ attempt: AttemptName, in directory: FilePath, order: [UInt8]) throws(Errno) -> JobJournal {
        let path = directory.appending(attempt.description)
        do {
            let file = try FileDescriptor.open(
                path, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec], permissions: [.ownerReadWrite])
            let journal = JobJournal(attempt: attempt, file: file, records: [], end: 0)
            do {
                let code = posix_fallocate(file.rawValue, 0, off_t(room))
                guard code == 0 else { throw Errno(rawValue: code) }
                try journal.write(.admitted(order: order))
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
    static func resume(_ attempt: AttemptName, in directory: FilePath) throws(Errno) -> JobJournal {
        do {
            let path = directory.appending(attempt.description)
            let bytes = (try DurableFile.read(path, limit: 4 << 20) ?? []).prefix { $0 != 0 }
            let end = bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
            let file = try FileDescriptor.open(path, .writeOnly, options: [.closeOnExec])
            let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\n")
            // Nothing of a cut line may show behind the next one; and the room is wished for, no longer demanded.
            try file.resize(to: Int64(end))
            posix_fallocate(file.rawValue, off_t(end), off_t(room))
            return JobJournal(
                attempt: attempt, file: file, records: lines.compactMap { JournalRecord(line: $0) }, end: end)
        } catch let error as Errno { throw error } catch { throw Errno.ioError }
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
