import DeployModel
import HostControl
import SystemPackage
import TestSupport
import Testing

@testable import DeployAgent

@Suite struct JobJournalTests {
    private static let attempt = AttemptName(
        rollout: RolloutID(accepted: String(repeating: "1", count: 32)), host: HostName(accepted: "h1"),
        operation: .deploy,
        number: 1)

    @Test func anAttemptBeginsOnce() throws {
        try TemporaryFolder.with { folder in
            let journal = try JobJournal.begin(Self.attempt, in: folder, order: Array("order".utf8))
            #expect(journal.records == [.admitted(order: Array("order".utf8))])
            #expect(throws: Errno.fileExists) { try JobJournal.begin(Self.attempt, in: folder, order: []) }
        }
    }

    @Test func aLaterLifeReadsWhatWasWritten() throws {
        try TemporaryFolder.with { folder in
            do {
                let first = try JobJournal.begin(Self.attempt, in: folder, order: Array("order".utf8))
                for record in JournalRecordTests.every { try first.write(record) }
            }
            let second = try JobJournal.resume(Self.attempt, in: folder)
            #expect(second.records == [.admitted(order: Array("order".utf8))] + JournalRecordTests.every)
        }
    }

    @Test func aLineThatACrashCutOffIsDroppedAndOverwritten() throws {
        try TemporaryFolder.with { folder in
            let first = try JobJournal.begin(Self.attempt, in: folder, order: Array("order".utf8))
            try first.write(.claimed(token: 7))
            let path = folder.appending(Self.attempt.description)
            let whole = try #require(try DurableFile.read(path, limit: 1 << 20)).prefix { $0 != 0 }
            for cut in 1..<"claimed token=7\n".utf8.count {
                try DurableFile.replace(path, with: Array(whole.dropLast(cut)))
                do {
                    let second = try JobJournal.resume(Self.attempt, in: folder)
                    #expect(second.records.count == 1)
                    try second.write(.claimed(token: 8))
                }
                #expect(try JobJournal.resume(Self.attempt, in: folder).records.last == .claimed(token: 8))
            }
        }
    }

    /// A disk that fills up later can't keep a job's way back from being written: the room is there from the beginning.
    @Test func anOpenJournalHasRoomAndAnEndedOneHasNone() throws {
        try TemporaryFolder.with { folder in
            let journal = try JobJournal.begin(Self.attempt, in: folder, order: Array("order".utf8))
            let path = folder.appending(Self.attempt.description)
            func size() throws -> Int { try #require(try DurableFile.read(path, limit: 1 << 20)).count }
            #expect(try size() == 65536)
            try journal.write(.life(boot: "b"))
            #expect(try size() == 65536)
            #expect(try JobJournal.records(of: Self.attempt, in: folder) == journal.records)
            try journal.write(.ended(verdict: .failed))
            #expect(try size() == "admitted order=order\nlife boot=b\nended verdict=failed\n".utf8.count)
        }
    }

    /// A power cut can leave a later page of a line without an earlier one.
    @Test func whatStandsBehindAHoleIsDropped() throws {
        try TemporaryFolder.with { folder in
            let journal = try JobJournal.begin(Self.attempt, in: folder, order: Array("order".utf8))
            let path = folder.appending(Self.attempt.description)
            let whole = try #require(try DurableFile.read(path, limit: 1 << 20)).prefix { $0 != 0 }
            try DurableFile.replace(path, with: whole + [0, 0, 0] + Array("im token=7\nclaimed token=8\n".utf8))
            let later = try JobJournal.resume(Self.attempt, in: folder)
            #expect(later.records == journal.records)
            try later.write(.claimed(token: 9))
            #expect(try JobJournal.records(of: Self.attempt, in: folder) == journal.records + [.claimed(token: 9)])
        }
    }

    /// A daemon that starts while somebody deploys by hand must not recover that job under his hands.
    @Test func aJournalBelongsToWhoHasItOpen() throws {
        try TemporaryFolder.with { folder in
            let jobs = folder.appending("jobs")
            try DurableFile.makeDirectory(jobs)
            do {
                let journal = try JobJournal.begin(Self.attempt, in: jobs, order: Array("order".utf8), isByHand: true)
                #expect(JobProgress(journal.records).isByHand)
                #expect(throws: Errno.wouldBlock) { try JobJournal.resume(Self.attempt, in: jobs) }
                #expect(JobJournal.isHeld(Self.attempt, in: jobs))
                #expect(look(folder) == .underWay)
                try journal.write(.life(boot: "b"))
            }
            #expect(!JobJournal.isHeld(Self.attempt, in: jobs))
            #expect(look(folder) == .left(Self.attempt))
            try JobJournal.resume(Self.attempt, in: jobs).write(.ended(verdict: .failed))
            #expect(look(folder) == .settled)
        }
    }

    /// git outlives a parent that was killed, and goes on writing.
    @Test func aJobWhoseGitIsLeftIsStillUnderWay() throws {
        try TemporaryFolder.with { folder in
            let jobs = folder.appending("jobs")
            try DurableFile.makeDirectory(jobs)
            let tree = try CanonicalPath(folder.string)
            do {
                let journal = try JobJournal.begin(Self.attempt, in: jobs, order: Array("order".utf8), isByHand: true)
                try journal.write(.checkoutBegun(path: tree, to: JournalRecordTests.commit))
            }
            let lock = try PathLock.take(tree, stateDirectory: folder.string)
            #expect(look(folder) == .underWay)
            withExtendedLifetime(lock) {}
        }
    }

    /// The agent's own jobs, what is no journal, and one that has no first line yet are not taken for one by hand.
    @Test func onlyAJobByHandIsLeftByItsProcess() throws {
        try TemporaryFolder.with { folder in
            let jobs = folder.appending("jobs")
            try DurableFile.makeDirectory(jobs)
            let path = jobs.appending(Self.attempt.description)
            #expect(look(folder, "notes.txt") == .settled)
            try DurableFile.replace(path, with: Array("admitted ord".utf8))
            #expect(look(folder) == .underWay)
            try DurableFile.replace(path, with: Array("admitted order=order\n".utf8))
            #expect(look(folder) == .settled)
        }
    }

    private func look(_ folder: FilePath, _ name: String = attempt.description) -> LeftJobService.Look {
        LeftJobService.look(name, host: Self.attempt.host, stateDirectory: folder.string)
    }

    @Test func theFileNameIsTheAttempt() {
        #expect(AttemptName(journal: Self.attempt.description, host: Self.attempt.host) == Self.attempt)
        for name in ["", "a-deploy-1", Self.attempt.description + "-2", "..", Self.attempt.description + ".new"] {
            #expect(AttemptName(journal: name, host: Self.attempt.host) == nil)
        }
    }

    @Test func progressAddsUp() {
        let progress = JobProgress([.admitted(order: [1]), .claimed(token: 5)] + JournalRecordTests.every)
        #expect(progress.token == 9_007_199_254_740_991)
        #expect(progress.previous[JournalRecordTests.path] == JournalRecordTests.commit)
        #expect(progress.checkoutsBegun == [JournalRecordTests.path])
        #expect(progress.restartsDone[JournalRecordTests.service] == "0123abcd")
        #expect(progress.failure?.rule == .processDied)
        #expect(progress.verdict == .revertFailed)
        #expect(JobProgress([]).checkoutsBegun.isEmpty)
    }
}
