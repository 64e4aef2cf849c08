package import Coordination
package import DeployModel

/// `logs`: what the programs of a rollout have printed: git, the hooks, and the services since their restart.
package struct LogReader: Sendable {
    private let fleet: Fleet
    private let console: Console

    /// A reader in one fleet.
    package init(fleet: Fleet, console: Console) {
        self.fleet = fleet
        self.console = console
    }

    /// Which lines are wanted. Empty lists take all.
    package struct Filter: Sendable {
        package var hosts: [HostSelector]
        package var steps: [Step]

        /// A filter; see the properties.
        package init(hosts: [HostSelector], steps: [Step]) {
            self.hosts = hosts
            self.steps = steps
        }
    }

    /// How long Redis may be away before the reader gives up.
    static let outage: Duration = .seconds(60)

    /// Shows the lines of a rollout.
    ///
    /// - Parameters:
    ///   - id: the rollout.
    ///   - filter: which lines.
    ///   - follows: whether to go on until the rollout has ended.
    /// - Throws: ``OperatorError`` for a host that the rollout does not have, and when Redis stays away.
    package func show(_ id: RolloutID, _ filter: Filter, follows: Bool) async throws(OperatorError) {
        let hosts = try await names(id, filter)
        var place = StreamPlace.beginning
        var outageBegan: ContinuousClock.Instant?
        var isEmpty = true
        while !Task.isCancelled {
            do throws(CoordinationError) {
                // The state before the events: then an empty read behind its end proves that all was shown.
                guard let rollout = try await fleet.rollout(id) else { throw .unknownRollout(id.text) }
                let isOver = rollout.state?.isEnded == true || !follows
                let events = try await fleet.events(id, behind: &place, wait: isOver ? .zero : .seconds(1))
                for event in events where Self.isWanted(event, hosts, filter) {
                    isEmpty = false
                    show(event, of: id)
                }
                outageBegan = nil
                if events.isEmpty, isOver { break }
            } catch {
                let began = outageBegan ?? .now
                guard follows, error.mayPass, ContinuousClock.now - began < Self.outage else { throw .fleet(error) }
                if outageBegan == nil { console.note("\(error); trying for \(HumanDuration(Self.outage))") }
                outageBegan = began
                try? await Task.sleep(for: .milliseconds(500))
            }
        }
        if isEmpty, console.form == .text { console.note("nothing was printed") }
        console.summary(id, exit: .good)
    }

    /// The hosts of the rollout that are wanted; nil for all.
    private func names(_ id: RolloutID, _ filter: Filter) async throws(OperatorError) -> Set<String>? {
        guard !filter.hosts.isEmpty else { return nil }
        let (records, targets) = try await reading { () async throws(CoordinationError) in
            (try await fleet.hosts(), try await fleet.targets(id, state: nil))
        }
        let ours = Set(targets.map(\.host))
        let members = records.filter { ours.contains($0.name) }
        try KnownNames.check(filter.hosts, among: members)
        return Set(members.filter { host in filter.hosts.contains { $0.matches(host) } }.map(\.name.text))
    }

    private static func isWanted(_ event: RolloutEvent, _ hosts: Set<String>?, _ filter: Filter) -> Bool {
        // What a step died of belongs to what it printed.
        let isLine = event.kind == "output" || (event.kind == "step" && event.state == StepState.failed.rawValue)
        return isLine && hosts?.contains(event.host) ?? true
            && (filter.steps.isEmpty || Step(rawValue: event.step).map(filter.steps.contains) == true)
    }

    private func show(_ event: RolloutEvent, of id: RolloutID) {
        if console.form == .json { return console.show(event, of: id) }
        let words = [event.host, event.step, event.service].filter { !$0.isEmpty }.map { VisibleText($0).description }
        let mark = event.kind == "output" ? "|" : console.colors.onOutput(.bad, "failed:")
        console.show(
            "\(console.clock(event.time)) \(words.joined(separator: " ")) \(mark) \(VisibleText(event.detail))")
    }
}
