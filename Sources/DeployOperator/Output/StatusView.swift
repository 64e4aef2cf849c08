package import Coordination
import DeployModel

/// The commands that only look: `status`, `agents list` and `show`, `rollouts`, `history`, `show`.
package struct StatusView: Sendable {
    let fleet: Fleet
    let console: Console

    /// A view of one fleet.
    package init(fleet: Fleet, console: Console) {
        self.fleet = fleet
        self.console = console
    }

    /// The hosts as they are known now.
    struct Look {
        /// In natural order of their names.
        var hosts: [HostRecord]
        /// The server's clock.
        var now: Timestamp
        /// How long a host may be silent.
        var downAfter: Duration = .seconds(90)

        /// How long ago something was, by the server's clock.
        func ago(_ moment: Timestamp?) -> String {
            moment.map { HumanDuration(milliseconds: now.milliseconds - $0.milliseconds).description + " ago" } ?? ""
        }

        /// Whether a host has been silent for too long, or was never heard.
        func isDown(_ host: HostRecord) -> Bool {
            host.silence(at: now).map { $0 > HumanDuration(downAfter).milliseconds } ?? true
        }
    }

    /// When a host was heard last, and what it does.
    static func heard(_ record: HostRecord, _ look: Look) -> String {
        guard record.lastBeat != nil else { return "never" }
        let work = record.rollout.isEmpty ? record.state : "\(record.state): \(record.rollout.prefix(8)) \(record.step)"
        return look.ago(record.lastBeat) + (look.isDown(record) || work.isEmpty ? "" : ", \(work)")
    }

    /// The fleet's hosts, the server's clock, and how long a host may be silent.
    func look() async throws(OperatorError) -> Look {
        try await reading { () async throws(CoordinationError) in
            let records = try await fleet.hosts().sorted { NaturalOrder.precedes($0.name.text, $1.name.text) }
            return Look(hosts: records, now: try await fleet.serverTime(), downAfter: try await fleet.hostDownAfter())
        }
    }
}
