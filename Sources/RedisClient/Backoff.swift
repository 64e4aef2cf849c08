/// Exponential backoff with full jitter: after the n-th failure in a row a wait is drawn evenly from zero to
/// `min(longest, base * 2^(n-1))`, so that many hosts which lost one server at one instant do not return at one instant.
package struct Backoff: Sendable, Equatable {
    /// The longest wait after the first failure.
    package var base: Duration
    /// No wait is longer than this.
    package var longest: Duration

    /// - Parameters:
    ///   - base: upper end of the first wait; 0.5 s unless told.
    ///   - longest: upper end of any wait; 30 s unless told.
    package init(base: Duration = .milliseconds(500), longest: Duration = .seconds(30)) {
        self.base = base
        self.longest = longest
    }

    /// The range from which the wait is drawn after so many failures in a row, the one just seen included; less than
    /// 1 counts as 1.
    package func range(afterFailures failures: Int) -> ClosedRange<Duration> {
        // Doubling stops at 2^20 (six days for the default base): the shift must not overflow after weeks of outage.
        let doublings = min(max(failures, 1) - 1, 20)
        return .zero...max(.zero, min(longest, base * (1 << doublings)))
    }

    /// A random wait from `range`; the default source of jitter.
    @Sendable static func evenly(from range: ClosedRange<Duration>) -> Duration {
        let span = (range.upperBound - range.lowerBound) / .nanoseconds(1)
        return range.lowerBound + .nanoseconds(Int64(Double.random(in: 0...1) * span))
    }
}
