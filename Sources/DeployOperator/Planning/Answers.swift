import Coordination
import DeployModel

/// What hosts have answered to a plan so far. Pure: entries in, targets out.
struct Answers {
    private let asked: [HostName]
    private var found: [HostName: [ServiceName: PlanTarget]] = [:]
    /// The number of targets that a host said it has, once it has said that this was all.
    private var announced: [HostName: Int] = [:]

    /// Nobody has answered yet.
    init(asked: [HostName]) { self.asked = asked }

    /// Takes an entry. What no asked host wrote, and what this program does not know, is left out.
    mutating func take(_ entry: StreamEntry) {
        guard let host = asked.first(where: { $0.text == entry["host"] }) else { return }
        if entry["type"] == "done" {
            announced[host] = Int(entry["targets"]) ?? -1
        } else if let target = PlanTarget(entry) {
            found[host, default: [:]][target.service] = target
        }
    }

    /// The hosts that have not said that this was all.
    var silent: [HostName] { asked.filter { announced[$0] == nil } }

    /// Every target, in no order.
    var targets: [PlanTarget] { found.values.flatMap(\.values) }

    /// The hosts of whose answer a part is missing. A target that got lost would otherwise just not be deployed.
    var incomplete: [OperatorError.TargetRefusal] {
        asked.compactMap { host in
            let count = found[host]?.count ?? 0
            guard let expected = announced[host], expected != count else { return nil }
            return .init(
                host: host.text,
                Refusal(
                    .hostStateUnreadable,
                    "host \(host) told of \(Counted.targets(expected)), and \(count) can be read here",
                    remedy: "plan again; if it stays so, qtctl and that host's qtagent are of different versions"))
        }
    }
}
