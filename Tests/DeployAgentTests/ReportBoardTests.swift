import Coordination
import DeployModel
import SystemPackage
import TestSupport
import Testing

@testable import DeployAgent

@Suite struct ReportBoardTests {
    static let host = HostName(accepted: "h1")
    private static let service = JournalRecordTests.service

    /// A report of one service.
    static func report(
        _ number: Int, _ verdict: Verdict, at milliseconds: Int64, ordered: CommitID = AgentPageTests.new,
        running: CommitID? = nil
    ) -> ReportSpool.Report {
        var report = ReportSpoolTests.report(number)
        report.targets[0].verdict = verdict
        report.targets[0].commit = ordered
        report.targets[0].runningCommit = running
        report.targets[0].finishedAt = Timestamp(milliseconds: milliseconds)
        return report
    }

    /// What a board knows that finds these waiting.
    static func board(_ reports: [ReportSpool.Report]) throws -> ReportBoard {
        try TemporaryFolder.with { folder in
            let spool = ReportSpool(stateDirectory: folder)
            try spool.prepare()
            for report in reports { try spool.put(report) }
            var board = ReportBoard()
            board.look(at: spool, host: host)
            return board
        }
    }

    @Test func theLastOneCounts() throws {
        let board = try Self.board([
            Self.report(1, .reverted, at: 30, running: AgentPageTests.old), Self.report(2, .verified, at: 10),
            Self.report(3, .failed, at: 20),
        ])
        #expect(board.last[Self.service]?.verdict == .reverted)
        #expect(board.last[Self.service]?.commit == AgentPageTests.new)
        #expect(board.proven[Self.service]?.commit == AgentPageTests.old)
        #expect(board.waiting == 3)
    }

    /// `failed` and `refused` prove nothing of what runs.
    @Test(arguments: [Verdict.failed, .revertFailed, .refused]) func aFailureProvesNothing(verdict: Verdict) throws {
        let board = try Self.board([
            Self.report(1, .verified, at: 10, running: AgentPageTests.old),
            Self.report(2, verdict, at: 20, running: AgentPageTests.new),
        ])
        #expect(board.last[Self.service]?.verdict == verdict)
        #expect(board.proven[Self.service]?.commit == AgentPageTests.old)
    }

    /// A restart of the agent, and a report that Redis has taken meanwhile, change nothing.
    @Test func whatWasPublishedStaysKnown() throws {
        try TemporaryFolder.with { folder in
            let spool = ReportSpool(stateDirectory: folder)
            try spool.prepare()
            let report = Self.report(1, .verified, at: 10, running: AgentPageTests.new)
            try spool.put(report)
            var board = ReportBoard()
            board.look(at: spool, host: Self.host)
            try spool.putAside(report.attempt)
            board.look(at: spool, host: Self.host)
            var next = ReportBoard()
            next.look(at: spool, host: Self.host)
            for board in [board, next] {
                #expect(board.last[Self.service]?.verdict == .verified)
                #expect(board.waiting == 0)
            }
        }
    }

    @Test func eachReportIsReadOnce() throws {
        try TemporaryFolder.with { folder in
            let spool = ReportSpool(stateDirectory: folder)
            try spool.prepare()
            let (first, second) = (Self.report(1, .verified, at: 10), Self.report(2, .verified, at: 20))
            try spool.put(first)
            #expect(spool.all(host: Self.host, besides: []).new == [first])
            try spool.putAside(first.attempt)
            try spool.put(second)
            try spool.hold(Self.report(3, .failed, at: 30))
            let found = spool.all(host: Self.host, besides: [first.attempt])
            #expect(found.new == [second] && found.waiting == 1)
            #expect(found.attempts == [first.attempt, second.attempt])
        }
    }
}
