import DeployModel
import Testing

@testable import DeployAgent

@Suite struct RunningRecordTests {
    private static let path = JournalRecordTests.path
    private static let old = CommitID(accepted: String(repeating: "a", count: 40))
    private static let new = CommitID(accepted: String(repeating: "b", count: 40))

    /// A record with one checkout of `new`, from 100 to 200 of boot `boot`.
    private static func record(ended: Int64? = 200) -> RunningRecord {
        var record = RunningRecord()
        record.begin(path, .init(bootID: "boot", begun: 100, ended: nil, commit: new, wallSecond: 0))
        if let ended { record.end(path, at: ended, wallSecond: 5) }
        return record
    }

    private static func judge(
        _ record: RunningRecord, started: Int64, head: CommitID = new, boot: String = "boot",
        moves: [(time: Timestamp, commit: CommitID)] = []
    ) -> RunningRecord.Basis {
        record.judge(
            path: path, bootID: boot, started: started, startedWall: Timestamp(milliseconds: 1000), head: head,
            headMoves: moves
        ).basis
    }

    @Test func aProcessAfterTheAgentsCheckoutIsKnown() {
        #expect(Self.judge(Self.record(), started: 201) == .known)
    }

    @Test func aProcessWithinACheckoutIsMixed() {
        #expect(Self.judge(Self.record(), started: 150) == .mixed)
        #expect(Self.judge(Self.record(ended: nil), started: 5000) == .mixed)
    }

    /// Recovery checks out again: what starts after that is no longer mixed because of the one that was cut short.
    @Test func aCheckoutThatWasCutShortEndsWithTheNext() {
        var record = Self.record(ended: nil)
        record.begin(Self.path, .init(bootID: "boot", begun: 300, ended: nil, commit: Self.old, wallSecond: 0))
        record.end(Self.path, at: 400, wallSecond: 7)
        #expect(Self.judge(record, started: 250) == .mixed)
        #expect(Self.judge(record, started: 350) == .mixed)
        #expect(Self.judge(record, started: 401, head: Self.old) == .known)
    }

    @Test func somebodyElseMovedHead() {
        let moves = [(time: Timestamp(milliseconds: 900), commit: Self.old)]
        #expect(Self.judge(Self.record(), started: 201, head: Self.old, moves: moves) == .inferred)
    }

    /// HEAD is where the agent had put it: but was it when the process started?
    @Test(arguments: [(6, 7, false), (6, 11, false), (11, 12, true), (4, 5, true)])
    func aHeadThatWentAwayAndCameBack(away: Int64, back: Int64, isKnown: Bool) {
        let moves = [
            (time: Timestamp(milliseconds: back * 1000), commit: Self.new),
            (time: Timestamp(milliseconds: away * 1000), commit: Self.old),
        ]
        let judged = Self.record().judge(
            path: Self.path, bootID: "boot", started: 201, startedWall: Timestamp(milliseconds: 10_000),
            head: Self.new, headMoves: moves)
        #expect(judged.basis == (isKnown ? .known : .inferred))
    }

    @Test func beforeTheRecordTheReflogSays() {
        let moves = [
            (time: Timestamp(milliseconds: 2000), commit: Self.new),
            (time: Timestamp(milliseconds: 500), commit: Self.old),
        ]
        let judged = Self.record().judge(
            path: Self.path, bootID: "boot", started: 50, startedWall: Timestamp(milliseconds: 1000), head: Self.new,
            headMoves: moves)
        #expect(judged.commit == Self.old)
        #expect(judged.basis == .inferred)
        #expect(Self.judge(Self.record(), started: 50) == .unknown)
    }

    @Test func anotherBootsClockSaysNothing() {
        #expect(Self.judge(Self.record(), started: 201, boot: "later") == .unknown)
    }

    @Test func theTextReadsBack() {
        var record = Self.record()
        record.begin(Self.path, .init(bootID: "boot", begun: 300, ended: nil, commit: Self.old, wallSecond: 9))
        record.note(JournalRecordTests.service, .init(invocation: "ab", commit: Self.new, basis: .known))
        record.note(ServiceName(accepted: "other"), .init(invocation: "cd", commit: nil, basis: .unknown))
        #expect(RunningRecord(text: record.text) == record)
        #expect(RunningRecord(text: "running x\ncheckout / / /\n\u{0}\n" + record.text) == record)
    }

    @Test func tenCheckoutsAreKept() {
        var record = RunningRecord()
        for number in 0..<25 {
            record.begin(
                Self.path, .init(bootID: "boot", begun: Int64(number), ended: nil, commit: Self.old, wallSecond: 0))
        }
        #expect(record.checkouts[Self.path]?.map(\.begun) == Array(15..<25))
    }
}
