import Coordination
import DeployModel
import SystemPackage
import TestSupport
import Testing

@testable import DeployAgent

@Suite struct ReportSpoolTests {
    private static let host = HostName(accepted: "h1")

    static func report(_ number: Int) -> ReportSpool.Report {
        let attempt = AttemptName(
            rollout: RolloutID(accepted: String(repeating: "1", count: 32)), host: host, operation: .deploy,
            number: number)
        let target = TargetReport(
            service: JournalRecordTests.service, verdict: .reverted, step: .verify, rule: .processDied,
            error: "died\nwith two lines, 100 %", commit: JournalRecordTests.commit, previousCommit: nil,
            runningCommit: JournalRecordTests.commit, startedAt: Timestamp(milliseconds: 1),
            finishedAt: Timestamp(milliseconds: 2), evidence: "ok unit: active\nok user: qt")
        return ReportSpool.Report(
            attempt: attempt, token: 42, detail: "finished_without_lease (gone)", targets: [target])
    }

    /// Sent before its job's journal has its end, a report would let a crash judge the job twice.
    @Test func aHeldReportIsNotSent() throws {
        try TemporaryFolder.with { folder in
            let spool = ReportSpool(stateDirectory: folder)
            try spool.prepare()
            try spool.hold(Self.report(1))
            #expect(spool.waiting(host: Self.host) == ([], []))
            #expect(ReportSpool(stateDirectory: folder).held(Self.report(1).attempt) == Self.report(1))
            #expect(spool.held(Self.report(2).attempt) == nil)
            try spool.release(Self.report(1).attempt)
            try spool.release(Self.report(1).attempt)
            #expect(spool.waiting(host: Self.host).reports == [Self.report(1)])
            #expect(spool.held(Self.report(1).attempt) == nil)
        }
    }

    @Test func aReportWaitsUntilItIsPublished() throws {
        try TemporaryFolder.with { folder in
            let spool = ReportSpool(stateDirectory: folder)
            try spool.prepare()
            try spool.put(Self.report(1))
            try spool.put(Self.report(2))
            #expect(
                ReportSpool(stateDirectory: folder).waiting(host: Self.host).reports == [
                    Self.report(1), Self.report(2),
                ])
            #expect(spool.published(host: Self.host) == [])
            try spool.putAside(Self.report(1).attempt)
            try spool.putAside(Self.report(1).attempt)
            #expect(spool.waiting(host: Self.host).reports == [Self.report(2)])
            #expect(ReportSpool(stateDirectory: folder).published(host: Self.host) == [Self.report(1)])
        }
    }

    /// A Redis that comes back from a copy is offered the newest ones again; older ones would pile up.
    @Test func theNewestPublishedOnesAreKept() throws {
        try TemporaryFolder.with { folder in
            let spool = ReportSpool(stateDirectory: folder)
            try spool.prepare()
            // The order of their ends counts, not that of their names or of their publishing.
            let reports = (1...ReportSpool.kept + 2).map { number in
                var report = Self.report(number)
                report.targets[0].finishedAt = Timestamp(milliseconds: Int64(1000 - number))
                return report
            }
            for report in reports {
                try spool.put(report)
                try spool.putAside(report.attempt)
            }
            #expect(spool.published(host: Self.host) == reports.dropLast(2).reversed())
            #expect(spool.waiting(host: Self.host) == ([], []))
        }
    }

    /// And older ones go, some at a time.
    @Test func olderPublishedOnesGo() throws {
        try TemporaryFolder.with { folder in
            let spool = ReportSpool(stateDirectory: folder)
            try spool.prepare()
            for number in 1...ReportSpool.most + 1 {
                var report = Self.report(number)
                report.targets[0].finishedAt = Timestamp(milliseconds: Int64(number))
                try spool.put(report)
                try spool.putAside(report.attempt)
            }
            #expect(DurableFile.names(in: folder.appending("published")).count == ReportSpool.kept)
            let newest = spool.published(host: Self.host).map(\.attempt)
            #expect(newest.last == Self.report(ReportSpool.most + 1).attempt && newest.count == ReportSpool.kept)
        }
    }

    /// What was done by hand stands with its order, which is nowhere else.
    @Test func aReportByHandCarriesItsOrder() throws {
        try TemporaryFolder.with { folder in
            let spool = ReportSpool(stateDirectory: folder)
            try spool.prepare()
            var report = Self.report(1)
            report.byHand = AdmissionTests.order { $0.reason = (try? Reason("Redis is away, 100 %")) ?? .none }
            try spool.put(report)
            #expect(spool.waiting(host: Self.host).reports == [report])
            // The order of another job is no order of this one.
            let other = Self.report(1).text.replacing("\n", with: " order=qtorder1%0A\n", maxReplacements: 1)
            let place = folder.appending("spool").appending(report.attempt.description)
            try DurableFile.replace(place, with: Array(other.utf8))
            #expect(spool.waiting(host: Self.host) == ([], [report.attempt.description]))
        }
    }

    /// The last one says what runs: `verified` of an older job must not come behind it.
    @Test func reportsAreSentInTheOrderOfTheirEnds() throws {
        try TemporaryFolder.with { folder in
            let spool = ReportSpool(stateDirectory: folder)
            try spool.prepare()
            var reports = (1...3).map { Self.report($0) }
            for (index, milliseconds) in [30, 10, 20].enumerated() {
                reports[index].targets[0].finishedAt = Timestamp(milliseconds: Int64(milliseconds))
                try spool.put(reports[index])
            }
            #expect(spool.waiting(host: Self.host).reports == [reports[1], reports[2], reports[0]])
        }
    }

    @Test func whatIsNoReportIsNamedAndLeft() throws {
        try TemporaryFolder.with { folder in
            let spool = ReportSpool(stateDirectory: folder)
            try spool.prepare()
            try spool.put(Self.report(1))
            let place = folder.appending("spool")
            let torn = Array(Self.report(3).text.utf8.dropLast(30))
            try DurableFile.replace(place.appending(Self.report(3).attempt.description), with: torn)
            try DurableFile.replace(place.appending("notes.txt"), with: Array("hello".utf8))
            let waiting = spool.waiting(host: Self.host)
            #expect(waiting.reports == [Self.report(1)])
            #expect(waiting.unreadable.count == 2)
        }
    }
}
