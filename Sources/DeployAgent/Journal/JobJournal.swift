import DeployModel
import SystemPackage

/// The journal of one attempt: `<state directory>/jobs/<rollout>-<op>-<attempt>`, one line per record, each synced before the
/// step that it announces. It is what dedup and recovery rest on; Redis is not asked.
final class JobJournal {
    let attempt: AttemptName
    private let file: FileDescriptor
    private(set) var records: [JournalRecord]

    private init(attempt: AttemptName, file: FileDescriptor, records: [JournalRecord]) {
        self.attempt = attempt
        self.file = file
        self.records = records
    }

    deinit {
        // Every record was synced when it was written; there is nothing left that closing could lose.
        try? file.close()
    }

    /// Begins the journal of an attempt that has none.
    ///
    /// - Throws: `.fileExists` when the attempt was taken before.
    static func begin(_ attempt: AttemptName, in directory: FilePath, order: [UInt8]) throws(Errno) -> JobJournal {
        do {
            let path = directory.appending(attempt.description)
            let file = try FileDescriptor.open(
                path, .writeOnly, options: [.create, .exclusiveCreate, .append, .closeOnExec],
                permissions: [.ownerReadWrite])
            let journal = JobJournal(attempt: attempt, file: file, records: [])
            try journal.write(.admitted(order: order))
            try DurableFile.syncDirectory(directory)
            return journal
        } catch let error as Errno { throw error } catch { throw Errno.ioError }
    }

    /// Opens a journal that a former life of the agent left. A last line that was cut off by a crash is dropped: what it
    /// announced had not begun.
    static func resume(_ attempt: AttemptName, in directory: FilePath) throws(Errno) -> JobJournal {
        do {
            let path = directory.appending(attempt.description)
            let bytes = try DurableFile.read(path, limit: 4 << 20) ?? []
            let end = bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
            let file = try FileDescriptor.open(path, .writeOnly, options: [.append, .closeOnExec])
            try file.resize(to: Int64(end))
            let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\n")
            return JobJournal(attempt: attempt, file: file, records: lines.compactMap { JournalRecord(line: $0) })
        } catch let error as Errno { throw error } catch { throw Errno.ioError }
    }

    /// Writes a record down; when this returns, it is on the disk.
    func write(_ record: JournalRecord) throws(Errno) {
        do { try file.writeAll(Array((record.line + "\n").utf8)) } catch let error as Errno { throw error } catch {
            throw Errno.ioError
        }
        try DurableFile.sync(file)
        records.append(record)
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
