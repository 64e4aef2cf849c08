/// One metric with all its series, in the order in which they were added.
///
/// Names are literals of the program: a name that is put together while it runs could be any text, and without number. Only
/// values of labels come from outside; they are escaped, and cut.
package struct MetricFamily: Sendable {
    /// What Prometheus may do with the values.
    package enum Kind: String, Sendable {
        /// Grows, and begins at 0 when the process starts; its name ends in `_total`.
        case counter
        /// Goes up and down. One that is always 1 and says something in its labels has a name that ends in `_info`.
        case gauge
        /// Observations by size.
        case histogram
    }

    /// Labels of a series: names are snake_case, values may be any text.
    package typealias Labels = KeyValuePairs<StaticString, String>

    private let name: String
    private let head: String
    private var lines: [String] = []
    private var series: Set<String> = []

    /// A metric without a series.
    ///
    /// - Parameters:
    ///   - kind: what may be done with its values.
    ///   - name: `[a-z_:][a-z0-9_:]*`, with the unit at its end where there is one: seconds, bytes.
    ///   - help: what a value means, in one sentence.
    package init(_ kind: Kind, _ name: StaticString, _ help: StaticString) {
        self.name = "\(name)"
        head = "# HELP \(name) \(PrometheusText.help("\(help)"))\n# TYPE \(name) \(kind.rawValue)\n"
    }

    /// Adds a series. One whose labels have the same values as an earlier one is left out: Prometheus would refuse the whole
    /// page for it, and two names from outside may look the same once they are made visible and cut.
    package mutating func add(_ value: Double, _ labels: Labels = [:]) {
        let place = PrometheusText.labels(labels.map { ("\($0.key)", $0.value) })
        guard series.insert(place).inserted else { return }
        lines.append("\(name)\(place) \(PrometheusText.number(value))\n")
    }

    /// Adds a fact as 1 or 0.
    package mutating func add(_ fact: Bool, _ labels: Labels = [:]) { add(fact ? 1 : 0, labels) }

    /// Adds a histogram's buckets, sum and count, to a family of that kind.
    package mutating func add(_ histogram: MetricHistogram, _ labels: Labels = [:]) {
        let own = labels.map { ("\($0.key)", $0.value) }
        guard series.insert(PrometheusText.labels(own)).inserted else { return }
        for (bound, count) in histogram.cumulative {
            let place = PrometheusText.labels(own + [("le", PrometheusText.number(bound))])
            lines.append("\(name)_bucket\(place) \(count)\n")
        }
        lines.append("\(name)_sum\(PrometheusText.labels(own)) \(PrometheusText.number(histogram.sum))\n")
        lines.append("\(name)_count\(PrometheusText.labels(own)) \(histogram.count)\n")
    }

    /// The family's part of a page; empty without a series.
    var text: String { lines.isEmpty ? "" : head + lines.joined() }
}
