/// The steps of a host job, in order. `revert` stands for the whole way back.
package enum Step: String, Sendable, CaseIterable {
    case admit, inspect, fetch, lease, checkout, prepare, restart, verify, revert, report
}

/// How a step stands, as events show it.
package enum StepState: String, Sendable, CaseIterable {
    case begun, done, failed, waiting, output
}
