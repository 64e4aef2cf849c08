package import Coordination
package import DeployModel

/// Watches a rollout from its first event to its end. It only watches: the rollout does not need it. While it waits it fires
/// the fleet's timers that are due, as the agents do.
package struct Follower: Sendable {
    private let fleet: Fleet
    private let console: Console

    /// A follower; see the parameters' types.
    package init(fleet: Fleet, console: Console) {
        self.fleet = fleet
        self.console = console
    }

    /// How long Redis may be away before the follower gives up.
    static let outage: Duration = .seconds(60)
    /// A line at least this often while nothing happens.
    static let silence: Duration = .seconds(15)

    /// Follows a rollout to its end.
    ///
    /// After `limit` the follower leaves; nil means never.
    /// - Returns: the exit code that the rollout's targets come to, or ``ExitCode/followerTimedOut``.
    package func follow(_ id: RolloutID, limit: Duration?) async throws(OperatorError) -> ExitCode {
        var watch = Watch(id: id, deadline: limit.map { ContinuousClock.now + $0 })
        while true {
            do throws(CoordinationError) {
                if let code = try await round(&watch) { return code }
                if watch.outageBegan != nil { console.note("Redis answers again") }
                watch.outageBegan = nil
            } catch {
                try await endure(error, &watch)
            }
        }
    }

    /// What has been seen so far.
    private struct Watch {
        let id: RolloutID
        let deadline: ContinuousClock.Instant?
        var cursor = ""
        var lastLine = ContinuousClock.now
        var outageBegan: ContinuousClock.Instant?
    }

    /// One wait for events, and the look at whether that was all.
    private func round(_ watch: inout Watch) async throws(CoordinationError) -> ExitCode? {
        let events = try await fleet.events(watch.id, behind: &watch.cursor, wait: .seconds(1))
        for event in events { console.show(event, of: watch.id) }
        if !events.isEmpty { watch.lastLine = .now }
        guard let rollout = try await fleet.rollout(watch.id) else { throw .unknownRollout(watch.id.text) }
        let isEnded = rollout.state?.isEnded == true
        if isEnded, events.isEmpty {
            let targets = try await fleet.targets(watch.id, state: rollout.state)
            let code = ExitCode.of(targets, rollout: rollout.state ?? .failed)
            console.show(rollout, targets, exit: code)
            return code
        }
        if let deadline = watch.deadline, ContinuousClock.now >= deadline, !isEnded {
            console.note("--timeout ran out; the rollout goes on; to watch it: qtctl follow \(watch.id.short)")
            console.show(rollout, try await fleet.targets(watch.id, state: rollout.state), exit: .followerTimedOut)
            return .followerTimedOut
        }
        if events.isEmpty { try await whileNothingHappens(&watch, rollout) }
        return nil
    }

    private func whileNothingHappens(_ watch: inout Watch, _ rollout: RolloutRecord) async throws(CoordinationError) {
        _ = try await fleet.tick()
        guard ContinuousClock.now - watch.lastLine >= Self.silence else { return }
        watch.lastLine = .now
        let targets = try await fleet.targets(watch.id, state: rollout.state)
        let busy = Set(
            targets.filter { $0.verdict == nil && $0.state != .waiting }.map { "\($0.host): \(Console.word($0))" })
        let state = rollout.state?.rawValue ?? "?"
        console.note("still \(state); \(busy.isEmpty ? "no host has work" : busy.sorted().joined(separator: "; "))")
    }

    /// Redis is away: says so once, and gives up after a while. Nothing is lost or shown twice: the cursor stays.
    private func endure(_ error: CoordinationError, _ watch: inout Watch) async throws(OperatorError) {
        guard case .redis = error, !Task.isCancelled else { throw .fleet(error) }
        let began = watch.outageBegan ?? .now
        if watch.outageBegan == nil {
            console.note("\(error); trying for \(HumanDuration(Self.outage)), the rollout goes on")
        }
        watch.outageBegan = began
        guard ContinuousClock.now - began < Self.outage else { throw .fleet(error) }
        try? await Task.sleep(for: .milliseconds(500))
    }
}
