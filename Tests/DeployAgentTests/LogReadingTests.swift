import HostControl
import Testing

@testable import DeployAgent

@Suite struct LogReadingTests {
    static let limit = LogRateLimit(burst: 10, interval: .seconds(30))
    let deny = ServiceConfiguration.LogCheck.byDefault.deny

    private func line(
        _ message: String?, priority: Int = 6, isFromUnit: Bool = true, dropped: Int = 0,
        at second: Int64 = 1_700_000_000
    ) -> JournalLine {
        JournalLine(
            priority: priority, message: message, realtime: second * 1_000_000, isFromUnit: isFromUnit,
            dropped: dropped,
            cursor: "c\(message ?? "")")
    }

    private func judgement(_ lines: [JournalLine], isNewestOnly: Bool = false) -> LogReading.Judgement {
        var reading = LogReading(isNewestOnly: isNewestOnly)
        reading.take(lines, deny: deny, limit: Self.limit)
        return reading.judgement
    }

    /// Python's own ways to say that it is over, each as it arrives: without a mark, at priority 6.
    @Test(arguments: [
        "Traceback (most recent call last):", "  + Exception Group Traceback (most recent call last):",
        "2026-11-23 18:52:46,317 CRITICAL apply_layer: the position store is gone",
        "CRITICAL:root:the position store is gone", "CRITICAL:risk:gone", "CRITICAL: gone", "[x] CRITICAL gone",
    ])
    func whatPythonCallsCriticalIsFound(message: String) {
        guard case .bad(let text) = judgement([line("starts"), line(message), line("goes on")]) else {
            Issue.record("\(message) passed")
            return
        }
        #expect(text.contains(message))
    }

    /// Lines of a good service: errors that it recovers from, and words that only look like an end.
    @Test(arguments: [
        "2026-11-23 18:52:46,317 ERROR apply_layer: the feed was late, asking again", "ERROR:root:asking again",
        "K_BLOCK_CRITICAL=0.80", "criticality 3, NONCRITICAL path", "no Traceback today", "a Traceback",
    ])
    func whatIsNoEndIsNone(message: String) { #expect(judgement([line(message)]) == .clean(lines: 1)) }

    @Test(arguments: 0...3) func aPriorityOfErrOrWorseIsBad(priority: Int) {
        #expect(judgement([line("x", priority: priority)]) == .bad("priority \(priority): x"))
        // Also when systemd itself says it about the unit.
        #expect(judgement([line("x", priority: priority, isFromUnit: false)]) == .bad("priority \(priority): x"))
    }

    @Test func aWarningIsNotBad() { #expect(judgement([line("x", priority: 4)]) == .clean(lines: 1)) }

    @Test func onlyTheServiceItselfBreaksItsSilence() {
        #expect(judgement([]) == .silent)
        #expect(judgement([line("Started t.service", isFromUnit: false)]) == .silent)
        #expect(judgement([line("Started", isFromUnit: false), line("hello")]) == .clean(lines: 2))
    }

    @Test func aJudgementStays() {
        var reading = LogReading()
        func take(_ lines: [JournalLine]) { reading.take(lines, deny: deny, limit: Self.limit) }
        take([line("a")])
        #expect(reading.cursor == "ca" && reading.judgement == .clean(lines: 1))
        take([])
        #expect(reading.cursor == "ca" && reading.judgement == .clean(lines: 1))
        take([line(nil)])
        take((0..<3).map { line("fine \($0)") })
        #expect(reading.judgement == .unknown("a line is too long to be judged"))
        take([line("CRITICAL:x")])
        take([line("fine")])
        guard case .bad = reading.judgement else {
            Issue.record("\(reading.judgement)")
            return
        }
    }

    @Test func linesThatWereDroppedAreUnknown() {
        guard case .unknown(let text) = judgement([line("a"), line("Suppressed", isFromUnit: false, dropped: 813)])
        else {
            Issue.record("passed")
            return
        }
        #expect(text.contains("813") && text.contains("LogRateLimitBurst="))
    }

    @Test func asManyLinesAsJournaldTakesAreUnknown() {
        #expect(judgement((0..<9).map { line("\($0)") }) == .clean(lines: 9))
        let full = (0..<10).map { line("\($0)") }
        guard case .unknown = judgement(full) else {
            Issue.record("passed")
            return
        }
        // More in all, but never so many within the interval.
        #expect(judgement((0..<50).map { line("\($0)", at: 1_700_000_000 + $0 * 5) }) == .clean(lines: 50))
        // A process that was proven before is not asked how much it talks.
        #expect(judgement(full, isNewestOnly: true) == .clean(lines: 10))
    }

    @Test func aServiceThatDeniesNothingMayWriteAnything() {
        var reading = LogReading()
        reading.take([line("Traceback "), line(nil)], deny: [], limit: Self.limit)
        #expect(reading.judgement == .clean(lines: 2))
    }

    @Test func theMainProcessIsTheSameOne() {
        func process(_ pid: Int32, _ started: Int64) -> ProcessFacts {
            ProcessFacts(
                pid: pid, uid: 0, started: started,
                workingDirectory: ProcessDirectory(
                    path: "/", identity: FileIdentity(device: 1, inode: 1), isDeleted: false),
                controlGroup: "/")
        }
        var trace = ServiceTrace()
        #expect(trace.take(process(7, 100)) == nil)
        #expect(trace.take(process(7, 100)) == nil)
        #expect(trace.take(process(8, 100)) == 7)
        #expect(trace.take(process(7, 200)) == 7)
    }
}
