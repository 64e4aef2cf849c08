import DeployModel

/// How much of what programs print is told: enough to see what goes on, and never so much that it costs the Redis of the trading
/// stack. What is left out is counted, and told with the end of its step.
struct OutputBound {
    /// Lines of one step and one service.
    static let lines = 300
    /// Characters of a line.
    static let width = 1000

    private var counts: [Key: Int] = [:]

    private struct Key: Hashable {
        var step: Step
        var service: ServiceName?
    }

    /// Takes one line.
    ///
    /// - Returns: the line as it is told; nil when it is only counted.
    mutating func take(_ line: String, _ step: Step, _ service: ServiceName?) -> String? {
        counts[Key(step: step, service: service), default: 0] += 1
        guard counts[Key(step: step, service: service), default: 0] <= Self.lines else { return nil }
        return line.count > Self.width ? line.prefix(Self.width) + "..." : line
    }

    /// What was left out of a step that is over, a line per service, and begins to count anew.
    mutating func leftOut(of step: Step) -> [(service: ServiceName?, line: String)] {
        let over = counts.filter { $0.key.step == step }
        for key in over.keys { counts[key] = nil }
        return over.filter { $0.value > Self.lines }.sorted {
            ($0.key.service?.text ?? "") < ($1.key.service?.text ?? "")
        }
        .map { ($0.key.service, "... and \($0.value - Self.lines) more lines") }
    }
}
