import DeployModel
import Testing

@testable import DeployAgent

@Suite struct ObservationTests {
    typealias Finding = Verification.Finding

    private func timings(_ stableFor: Duration, slack: Duration = .seconds(30)) -> Timings {
        var timings = Timings()
        timings.stableFor = stableFor
        timings.verifySlack = slack
        return timings
    }

    private func finding(_ result: Finding.Result) -> Finding {
        Finding(service: ServiceName(accepted: "t"), check: "unit", result: result, detail: "")
    }

    /// Runs an observation in a time of its own: a sample takes `cost`, then comes the pause.
    ///
    /// - Returns: what decided, and when.
    private func run(
        _ timings: Timings, cost: Duration = .milliseconds(40), startingAt begin: Duration = .zero,
        _ state: (Duration) -> Finding.Result
    ) -> (Observation.Decision, Duration) {
        var observation = Observation(timings)
        var now = Duration.zero
        for _ in 0..<100_000 {
            // The unit is looked at first: what the rest of a sample costs comes after that.
            let decision = observation.take([finding(state(begin + now))], begunAt: now)
            if decision != .goOn { return (decision, now + cost) }
            now += cost + observation.pause
        }
        return (.goOn, now)
    }

    private func isProven(_ decision: Observation.Decision) -> Bool {
        if case .proven = decision { true } else { false }
    }

    /// Every service that dies again and again, at whatever moment of its life the observation begins, and however slow the
    /// samples are: 3 times x 6 lives x 100 moments x 3 costs.
    @Test(arguments: [Duration.seconds(1), .seconds(2), .seconds(10)])
    func whatFlapsIsNeverProven(stableFor: Duration) {
        let lives: [Duration] = [
            .milliseconds(30), .seconds(1), .seconds(5), .seconds(9), stableFor - .milliseconds(1), stableFor,
        ]
        for life in lives where life <= stableFor {
            for moment in 0..<100 {
                for cost in [Duration.milliseconds(5), .milliseconds(400), .milliseconds(2500)] {
                    let begin = life * moment / 100
                    let (decision, _) = run(timings(stableFor), cost: cost, startingAt: begin) { time in
                        // The invocation of the beginning is gone as soon as its process is.
                        time < life ? .holds : .broken(.processDied)
                    }
                    #expect(!isProven(decision), "life \(life), begun at \(begin), cost \(cost)")
                }
            }
        }
    }

    @Test func aGoodServiceIsProvenAfterTheWholeTime() {
        for stableFor in [Duration.seconds(1), .seconds(2), .seconds(10), .seconds(60)] {
            for cost in [Duration.milliseconds(1), .milliseconds(300), .seconds(3)] {
                let (decision, time) = run(timings(stableFor), cost: cost) { _ in .holds }
                guard case .proven(let samples, let over) = decision else {
                    Issue.record("\(decision)")
                    continue
                }
                #expect(samples >= 5 && over >= stableFor && time >= stableFor)
            }
        }
    }

    @Test(arguments: [8, 20, 31]) func aSlowStarterIsProvenWithinTheLimit(seconds: Int) {
        let (decision, time) = run(timings(.seconds(2))) {
            $0 < .seconds(seconds) ? .notYet(.metricsNoListener) : .holds
        }
        #expect(isProven(decision))
        #expect(time >= .seconds(seconds + 2))
    }

    @Test func whatDoesNotComeToHoldFailsAtTheLimit() {
        let (decision, time) = run(timings(.seconds(2))) { _ in .notYet(.metricsWrong) }
        #expect(decision == .failed(finding(.notYet(.metricsWrong))))
        #expect(time >= .seconds(32) && time < .seconds(34))
        // It holds now and then, and never long enough.
        let (unsteady, end) = run(timings(.seconds(2))) {
            $0.components.seconds.isMultiple(of: 2) ? .holds : .notYet(.checkUnknown)
        }
        #expect(unsteady == .failed(finding(.notYet(.checkUnknown))))
        #expect(end < .seconds(36))
    }

    @Test func aBrokenCheckDecidesAtOnce() {
        let (decision, time) = run(timings(.seconds(10))) { $0 < .seconds(9) ? .holds : .broken(.logErrors) }
        #expect(decision == .failed(finding(.broken(.logErrors))))
        #expect(time < .seconds(12))
    }

    @Test func oneOfSeveralIsEnoughToFail() {
        var observation = Observation(timings(.seconds(1)))
        let bad = finding(.broken(.otherUser))
        #expect(observation.take([finding(.holds), finding(.notYet(.logSilent)), bad], begunAt: .zero) == .failed(bad))
    }

    @Test func nothingIsNoProof() {
        var observation = Observation(timings(.seconds(1)))
        for second in 0..<100 { #expect(observation.take([], begunAt: .seconds(second)) == .goOn) }
    }

    @Test func fiveSamplesAreTheFewest() {
        var observation = Observation(timings(.seconds(1)))
        for second in 0..<4 { #expect(observation.take([finding(.holds)], begunAt: .seconds(second * 10)) == .goOn) }
        #expect(
            observation.take([finding(.holds)], begunAt: .seconds(40)) == .proven(samples: 5, over: .seconds(40)))
    }
}
