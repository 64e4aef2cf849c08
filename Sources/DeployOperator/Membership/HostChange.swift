package import Coordination
package import DeployModel

/// `agents drain`, `undrain` and `retire`: how a host belongs to the fleet from now on.
package struct HostChange: Sendable {
    private let fleet: Fleet
    private let settings: OperatorSettings
    private let console: Console

    /// Changes in one fleet.
    package init(fleet: Fleet, settings: OperatorSettings, console: Console) {
        self.fleet = fleet
        self.settings = settings
        self.console = console
    }

    /// Changes the membership of hosts, one after the other; what can't be done is told, and the others are.
    ///
    /// - Parameters:
    ///   - change: what becomes of them.
    ///   - selectors: the hosts.
    ///   - reason: why.
    ///   - isConfirmed: whether no question is asked. Only `retire` asks: it is the one that forgets something.
    /// - Returns: what the command exits with.
    /// - Throws: ``OperatorError/refused(_:)`` with every host that was refused.
    package func run(
        _ change: MembershipChange, _ selectors: [HostSelector], reason: Reason, isConfirmed: Bool
    ) async throws(OperatorError) -> ExitCode {
        let records = try await reading { () async throws(CoordinationError) in try await fleet.hosts() }
        try KnownNames.check(selectors, among: records)
        let chosen = records.filter { host in selectors.contains { $0.matches(host) } }.map(\.name)
            .sorted { NaturalOrder.precedes($0.text, $1.text) }
        if change == .retire, !isConfirmed {
            let names = chosen.map(\.text).joined(separator: ", ")
            let question =
                "\(settings.place)\nretire \(Counted.hosts(chosen.count)) (\(names)), and forget what was verified there?"
            guard try Confirmation.ask(question, console, isPossible: console.form == .text) else {
                console.note("nothing was changed")
                console.summary(exit: .refused)
                return .refused
            }
        }
        var refusals: [OperatorError.TargetRefusal] = []
        for host in chosen {
            let reply = try await reading { () async throws(CoordinationError) in
                try await fleet.change(host, change, by: settings.operatorName, reason: reason)
            }
            switch reply {
            case .done: show(host, change, isNew: true)
            case .before: show(host, change, isNew: false)
            case .refused(let refusal): refusals.append(.init(host: host.text, refusal))
            }
        }
        guard refusals.isEmpty else { throw .refused(refusals) }
        console.summary(exit: .good)
        return .good
    }

    private func show(_ host: HostName, _ change: MembershipChange, isNew: Bool) {
        let (word, membership) =
            switch change {
            case .drain: ("drained: no order takes it until qtctl agents undrain \(host)", "drained")
            case .undrain: ("enrolled", "enrolled")
            case .retire: ("retired; should its agent still beat, it is shown as seen", "retired")
            }
        console.show("\(host) \(isNew ? "is" : "was before") \(word)")
        console.show(
            JSONLine(
                "agent",
                [("host", .text(host.text)), ("membership", .text(membership)), ("changed", .flag(isNew))]))
    }
}
