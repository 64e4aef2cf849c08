import DeployModel
import SystemPackage
import TestSupport
import Testing

@testable import DeployAgent

/// What the agent has written down is on the disk before it goes on: a loss of power at any later moment leaves it.
@Suite struct DurabilityTests {
    private static let report = ReportSpoolTests.report(1)
    private static let attempt = report.attempt

    /// A folder that is watched.
    private func withDisk(_ body: (FilePath, SyncedDisk) throws -> Void) throws {
        try TemporaryFolder.with { folder in try SyncedDisk.watch(folder) { try body(folder, $0) } }
    }

    private func text(_ bytes: [UInt8]?) -> String? {
        bytes.map { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    @Test func aJournalIsThereWhenItHasBegun() throws {
        try withDisk { folder, disk in
            _ = try JobJournal.begin(Self.attempt, in: folder, order: Array("order".utf8))
            #expect(text(disk.bytes(of: folder.appending(Self.attempt.description))) == "admitted order=order\n")
        }
    }

    @Test func eachRecordIsThereWhenItIsWritten() throws {
        try withDisk { folder, disk in
            let journal = try JobJournal.begin(Self.attempt, in: folder, order: Array("order".utf8))
            for record in JournalRecordTests.every {
                try journal.write(record)
                let left = try #require(text(disk.bytes(of: folder.appending(Self.attempt.description))))
                #expect(left.lines.compactMap { JournalRecord(line: Array($0.utf8)[...]) } == journal.records)
            }
        }
    }

    @Test func aReplacedFileIsTheNewOne() throws {
        try withDisk { folder, disk in
            let path = folder.appending("file")
            for word in ["one", "another"] {
                try DurableFile.replace(path, with: Array(word.utf8))
                #expect(text(disk.bytes(of: path)) == word)
            }
            try DurableFile.remove(path)
            #expect(disk.bytes(of: path) == nil)
        }
    }

    @Test func anInterlockHoldsAndIsReleasedForGood() throws {
        try withDisk { folder, disk in
            let service = ServiceName(accepted: "quantum-apply-layer")
            let interlock = StartInterlock(stateDirectory: folder.string)
            let path = interlock.directory.appending(service.unit)
            try interlock.engage([service], reason: "a checkout")
            #expect(text(disk.bytes(of: path)) == "a checkout\n")
            #expect(disk.bytes(of: interlock.directory) != nil)
            try interlock.release([service])
            #expect(disk.bytes(of: path) == nil)
        }
    }

    @Test func aReportIsThereFromHoldToTheEnd() throws {
        try withDisk { folder, disk in
            let spool = ReportSpool(stateDirectory: folder)
            try spool.prepare()
            let waiting = folder.appending("spool").appending(Self.attempt.description)
            try spool.hold(Self.report)
            #expect(text(disk.bytes(of: FilePath(waiting.string + ".held"))) == Self.report.text)
            try spool.release(Self.attempt)
            #expect(text(disk.bytes(of: waiting)) == Self.report.text)
            try spool.putAside(Self.attempt)
            #expect(disk.bytes(of: waiting) == nil)
        }
    }
}
