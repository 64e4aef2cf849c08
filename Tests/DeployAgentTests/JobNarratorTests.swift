import Coordination
import DeployModel
import Synchronization
import Testing

@testable import DeployAgent

/// What is told of a job, and how much of it.
@Suite struct JobNarratorTests {
    private static let service = ServiceName(accepted: "s")

    /// What a listener hears who comes when all is told, call by call.
    private func heard(_ tell: (JobNarrator) -> Void) async -> [[StepEvent]] {
        let calls = Mutex<[[StepEvent]]>([])
        let narrator = JobNarrator { events in calls.withLock { $0.append(events) } }
        tell(narrator)
        narrator.finish()
        await narrator.run()
        return calls.withLock { $0 }
    }

    @Test func everythingIsToldInOrderAndInFewCalls() async {
        let calls = await heard { narrator in
            narrator.tell(.fetch, .begun)
            for number in 0..<120 { narrator.tell(.fetch, .output, "line \(number)") }
            narrator.tell(.fetch, .done, took: 5)
            #expect(narrator.step == .fetch)
        }
        #expect(calls.map(\.count) == [50, 50, 22])
        let all = calls.flatMap(\.self)
        #expect(all.first?.state == .begun && all.last?.state == .done && all.last?.milliseconds == 5)
        #expect(all.filter { $0.state == .output }.map(\.detail) == (0..<120).map { "line \($0)" })
    }

    @Test func aFloodIsCutAndCountedForEachServiceAndStep() async {
        let all = await heard { narrator in
            for number in 0..<310 { narrator.tell(.verify, .output, "\(number)", service: Self.service) }
            narrator.tell(.verify, .output, "of another")
            narrator.tell(.verify, .done, "one service", service: Self.service)
            narrator.tell(.verify, .done, took: 1)
            narrator.tell(.revert, .output, "anew", service: Self.service)
        }.flatMap(\.self)
        let own = all.filter { $0.state == .output && $0.service == Self.service && $0.step == .verify }
        #expect(own.count == OutputBound.lines + 1)
        #expect(own.last?.detail == "... and 10 more lines")
        #expect(all.suffix(3).map(\.state) == [.output, .done, .output])
        #expect(all.contains { $0.detail == "of another" } && all.last?.detail == "anew")
    }

    @Test func aLongLineIsCutAndNothingOfItReachesATerminal() async {
        let line = String(repeating: "x", count: 2000) + "\u{1B}[2J"
        let all = await heard { narrator in
            narrator.tell(.prepare, .output, line)
            narrator.tell(.prepare, .output, "a\u{1B}b")
        }.flatMap(\.self)
        #expect(all.map(\.detail) == [String(repeating: "x", count: 1000) + "...", "a\\x1bb"])
    }

    /// Redis is away: what happened last is worth more.
    @Test func whoCannotListenHearsTheNewest() async {
        let all = await heard { narrator in
            for number in 0..<700 { narrator.tell(.restart, .waiting, "\(number)") }
        }.flatMap(\.self)
        #expect(all.map(\.detail) == (200..<700).map(String.init))
    }
}
