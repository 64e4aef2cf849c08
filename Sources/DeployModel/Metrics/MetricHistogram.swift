/// Observations counted by their size.
package struct MetricHistogram: Sendable, Equatable {
    private let bounds: [Double]
    /// The observations of each bucket alone; the last one has no upper bound.
    private var counts: [Int]
    /// The sum of all observations.
    package private(set) var sum: Double = 0

    /// A histogram without observations.
    ///
    /// - Parameter bounds: the largest value of each bucket, ascending; what is larger than all goes into one more.
    package init(bounds: [Double]) {
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count + 1)
    }

    /// Counts one observation; a negative one, which no length of time is, counts as 0.
    package mutating func observe(_ value: Double) {
        let value = max(0, value)
        counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
        sum += value
    }

    /// The number of observations.
    package var count: Int { counts.reduce(0, +) }

    /// For each bound, and for infinity, how many observations are not larger.
    var cumulative: [(bound: Double, count: Int)] {
        var total = 0
        return zip(bounds + [.infinity], counts).map { bound, count in
            total += count
            return (bound, total)
        }
    }
}
