import DeployModel
import Testing

@testable import DeployAgent

/// What repeats is told once, and what comes in numbers as a number.
@Suite struct ToldOnceTests {
    private let start = ContinuousClock.now

    private static func attempt(_ number: Int) -> AttemptName {
        AttemptName(
            rollout: RolloutID(accepted: String(repeating: "1", count: 32)), host: HostName(accepted: "h1"),
            operation: .deploy, number: number)
    }

    @Test func aTroubleIsToldWhenItChanges() {
        var trouble = Trouble()
        let told = [nil, "away", "away", "full", nil].map { trouble.note($0, now: start) }
        #expect(told == [false, true, false, true, true])
        #expect(trouble.text == nil)
    }

    @Test func aTroubleThatFlapsIsToldSlowlyAndAtLastTruly() {
        var trouble = Trouble()
        let told = (0..<100).filter { trouble.note($0.isMultiple(of: 2) ? "away" : nil, now: start) }
        #expect(told.count == 3)
        // Three were told, the last of them `away`; how it ended is told when its time comes.
        let isToldLater = trouble.note(nil, now: start + .seconds(10))
        #expect(isToldLater)
    }

    @Test func aComplaintIsToldOncePerThing() async {
        let complaints = Complaints()
        #expect(await complaints.tell("no order", of: "a", now: start) == 0)
        #expect(await complaints.tell("no order", of: "a", now: start) == nil)
        #expect(await complaints.tell("no order", of: "b", now: start) == 0)
        #expect(await complaints.tell("no memory", of: "a", now: start) == 0)
    }

    @Test func manyComplaintsAreToldAsANumber() async {
        let complaints = Complaints()
        var told = 0
        for number in 0..<10_000 where await complaints.tell("bad", of: "\(number)", now: start) != nil { told += 1 }
        #expect(told == 6)
        #expect(await complaints.tell("bad", of: nil, now: start + .seconds(10)) == 9994)
    }

    @Test func aQueueTakesEachAttemptOnceAndNoneThatIsPutAside() async {
        let queue = JobQueue()
        let (attempt, other) = (Self.attempt(1), Self.attempt(2))
        var offered = queue.attempts.makeAsyncIterator()
        await queue.offer(attempt, now: start)
        await queue.offer(attempt, now: start)
        #expect(await offered.next() == attempt)
        await queue.putAside(attempt, for: .seconds(30), now: start)
        await queue.offer(attempt, now: start + .seconds(29))
        await queue.offer(other, now: start)
        #expect(await offered.next() == other)
        await queue.offer(attempt, now: start + .seconds(30))
        #expect(await offered.next() == attempt)
        await queue.done(attempt)
        await queue.offer(attempt, now: start)
        #expect(await offered.next() == attempt)
    }

    @Test(arguments: [
        ("0-0", "5-1", true), ("9-9", "10-0", true), ("10-0", "10-1", true), ("5-1", "5-1", false),
        ("6-0", "5-9", false), ("0-0", "0-0", false), ("5-0", "18446744073709551615-18446744073709551615", true),
    ])
    func aStreamThatBeganAnewIsSeen(end: String, cursor: String, isReplaced: Bool) {
        #expect(BellService.isReplaced(end: end, cursor: cursor) == isReplaced)
    }
}
