import Testing

@testable import RedisClient

@Suite struct BackoffTests {
    @Test func doublesFromTheBaseToTheLongest() {
        let backoff = Backoff()
        let ends = (1...8).map { backoff.range(afterFailures: $0).upperBound }
        #expect(ends == [0.5, 1, 2, 4, 8, 16, 30, 30].map { .seconds($0) })
    }

    @Test(arguments: [Int.min, -1, 0, 1])
    func countsNoLessThanOneFailure(failures: Int) {
        #expect(Backoff().range(afterFailures: failures) == .zero ... .milliseconds(500))
    }

    @Test func survivesWeeksOfFailures() {
        #expect(Backoff().range(afterFailures: .max).upperBound == .seconds(30))
    }

    @Test func aNegativeLongestIsNoWait() {
        #expect(Backoff(longest: .seconds(-1)).range(afterFailures: 3) == .zero ... .zero)
    }

    @Test func drawsFromTheWholeRange() {
        let range = Backoff().range(afterFailures: 3)
        let waits = (0..<2000).map { _ in Backoff.evenly(from: range) }
        #expect(waits.allSatisfy(range.contains))
        // Of 2000 even draws all miss a tenth of the range once in 10^91 runs.
        #expect(waits.contains { $0 < .milliseconds(200) } && waits.contains { $0 > .milliseconds(1800) })
    }
}
