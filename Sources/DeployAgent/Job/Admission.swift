import Coordination
import DeployModel

/// Reads an order's text and says whether this host may act on it: by the text itself and by the host's own configuration,
/// never by what Redis says of it.
struct Admission: Sendable {
    let configuration: AgentConfiguration

    /// The order, when this host may act on it now.
    ///
    /// `now` is this host's wall clock.
    func admit(_ text: [UInt8], _ attempt: AttemptName, now: Timestamp) throws(Refusal) -> Order {
        let order = try Order(text: text)
        guard order.fleet == configuration.fleet else {
            throw Refusal(
                .otherFleet, "the order is for fleet \(order.fleet), this host belongs to \(configuration.fleet)")
        }
        guard order.id == attempt.rollout else {
            throw Refusal(.orderMalformed, "the text of order \(order.id) stands under \(attempt.rollout)")
        }
        let lines = order.lines(of: configuration.host)
        guard !lines.isEmpty else { throw Refusal(.otherHost, "the order does not name host \(configuration.host)") }
        try Self.requireTime(order, now: now)
        guard order.operation != .revert, attempt.operation == order.operation, attempt.number == 1 else {
            throw Refusal(
                .operationUnknown,
                "this agent deploys and restarts; it does not know \(attempt.operation.rawValue) \(attempt.number) of an "
                    + "order to \(order.operation.rawValue)")
        }
        try admitSource(order)
        for line in lines {
            for name in line.services { try admitService(name, order) }
        }
        if let refusal = configuration.policy.refusal(order, lines.flatMap(\.services), now: now) { throw refusal }
        return order
    }

    /// - Throws: `order_expired` when nothing of the order may be begun any more.
    static func requireTime(_ order: Order, now: Timestamp) throws(Refusal) {
        guard now <= order.until else {
            throw Refusal(
                .orderExpired, "the order was good until \(order.until), it is \(now) here",
                remedy: "plan and submit again; if that was not long ago, check this host's clock")
        }
    }

    private func admitSource(_ order: Order) throws(Refusal) {
        guard let source = configuration.sources[order.source] else {
            throw Refusal(
                .sourceNotAllowed, "source \(order.source) is not in this host's agent.yaml",
                remedy: "known here: \(configuration.sources.keys.sorted().map(\.text).joined(separator: ", "))")
        }
        guard source.branches.contains(order.branch) else {
            throw Refusal(
                .branchNotAllowed, "branch \(order.branch) of \(order.source) is not allowed on this host",
                remedy: "allowed: \(source.branches.map(\.text).joined(separator: ", "))")
        }
    }

    private func admitService(_ name: ServiceName, _ order: Order) throws(Refusal) {
        guard let service = configuration.service(name) else {
            throw Refusal(
                .serviceNotAllowed, "service \(name) is not in this host's agent.yaml", remedy: "add it under services")
        }
        guard service.source == order.source else {
            throw Refusal(
                .sourceNotAllowed, "service \(name) is deployed from \(service.source) here, not from \(order.source)")
        }
    }
}
