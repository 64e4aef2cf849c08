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
    /// One wait for events; between two of them due timers are fired.
    static let wait: Duration = .seconds(1)
    /// Timers fired in one go: more are left to the next round, so that events are never kept waiting.
    static let ticks = 20

    /// Follows a rollout to its end.
    ///
    /// - Parameters:
    ///   - id: the rollout.
    ///   - limit: after this time the follower leaves; nil for never.
    /// - Returns: the exit code that the rollout's targets come to, or ``ExitCode/followerTimedOut``.
    /// - Throws: ``OperatorError/outOfSight(_:_:)`` when Redis stays away, ``OperatorError/lost(_:)`` when it has no such
    ///   rollout.
    package func follow(_ id: RolloutID, limit: Duration?) async throws(OperatorError) -> ExitCode {
        var watch = Watch(id: id, deadline: limit.map { ContinuousClock.now + $0 })
        while true {
            do throws(CoordinationError) {
                let code = try await round(&watch)
                if let code { return code }
                if watch.outageBegan != nil { console.note("Redis answers again") }
                watch.outageBegan = nil
            } catch {
                if let code = try await endure(error, &watch) { return code }
            }
        }
    }

    /// What has been seen so far.
    private struct Watch {
        let id: RolloutID
        let deadline: ContinuousClock.Instant?
        var cursor = ""
        var lastNews = ContinuousClock.now
        var lastLine = ContinuousClock.now
        var outageBegan: ContinuousClock.Instant?
        var timerTrouble: CoordinationError?

        var isOver: Bool { deadline.map { ContinuousClock.now >= $0 } ?? false }
        var wait: Duration {
            guard let deadline else { return Follower.wait }
            return max(.zero, min(Follower.wait, deadline - ContinuousClock.now))
        }
    }

    /// One wait for events, and the look at whether that was all.
    ///
    /// The state is read before the events: when it says that the rollout has ended, everything that the end brought stands
    /// in the stream already, and an empty read proves that all of it was shown.
    private func round(_ watch: inout Watch) async throws(CoordinationError) -> ExitCode? {
        guard let rollout = try await fleet.rollout(watch.id) else { throw .unknownRollout(watch.id.text) }
        let isEnded = rollout.state?.isEnded == true
        let events = try await fleet.events(watch.id, behind: &watch.cursor, wait: isEnded ? .zero : watch.wait)
        for event in events { console.show(event, of: watch.id) }
        if !events.isEmpty {
            watch.lastNews = .now
            watch.lastLine = .now
            if isEnded || !watch.isOver { return nil }
        }
        if isEnded {
            let targets = try await fleet.targets(watch.id, state: rollout.state)
            let code = ExitCode.of(targets, rollout: rollout.state ?? .failed)
            console.show(rollout, targets, exit: code)
            return code
        }
        if watch.isOver {
            console.note("--timeout ran out; the rollout goes on; to watch it: \(Self.command(watch.id))")
            console.show(rollout, try await fleet.targets(watch.id, state: rollout.state), exit: .followerTimedOut)
            return .followerTimedOut
        }
        try await whileNothingHappens(&watch, rollout)
        return nil
    }

    private func whileNothingHappens(_ watch: inout Watch, _ rollout: RolloutRecord) async throws(CoordinationError) {
        await fireTimers(&watch)
        guard ContinuousClock.now - watch.lastLine >= Self.silence else { return }
        watch.lastLine = .now
        let targets = try await fleet.targets(watch.id, state: rollout.state)
        console.note(Self.waiting(for: targets, rollout.state, since: ContinuousClock.now - watch.lastNews))
    }

    /// Fires timers as the agents do. A Redis that takes no writes, or does not let this user write, is watched all the same.
    private func fireTimers(_ watch: inout Watch) async {
        do throws(CoordinationError) {
            for _ in 0..<Self.ticks where try await fleet.tick() == 0 { break }
            watch.timerTrouble = nil
        } catch {
            // Told once. An outage shows in the next read, and is told there.
            if watch.timerTrouble == nil { console.note("\(error); watching goes on") }
            watch.timerTrouble = error
        }
    }

    /// What is waited for, in one line.
    static func waiting(for targets: [TargetOutcome], _ state: RolloutState?, since: Duration) -> String {
        var hosts: [String] = []
        for target in targets where target.verdict == nil && target.state != .waiting {
            let words =
                "\(target.host) \(target.step?.rawValue ?? target.state.rawValue)"
                + (target.state == .silent ? " (no sign of life)" : "")
            if !hosts.contains(words) { hosts.append(words) }
        }
        let what = hosts.isEmpty ? "no host has work" : hosts.joined(separator: ", ")
        return "still \(state?.rawValue ?? "?"), nothing new for \(HumanDuration(since)): \(what)"
    }

    /// Redis is away: says so once, and gives up after a while. Nothing is lost or shown twice: the cursor stays.
    private func endure(_ error: CoordinationError, _ watch: inout Watch) async throws(OperatorError) -> ExitCode? {
        if case .unknownRollout = error { throw .lost(watch.id) }
        guard error.mayPass, !Task.isCancelled else { throw .fleet(error) }
        let began = watch.outageBegan ?? .now
        if watch.outageBegan == nil {
            console.note(
                "\(error); trying for \(HumanDuration(Self.outage)); rollout \(watch.id.short) goes on by itself")
        }
        watch.outageBegan = began
        if watch.isOver {
            console.note("--timeout ran out; the rollout goes on; to watch it: \(Self.command(watch.id))")
            console.summary(watch.id, exit: .followerTimedOut)
            return .followerTimedOut
        }
        guard ContinuousClock.now - began < Self.outage else { throw .outOfSight(watch.id, error) }
        try? await Task.sleep(for: .milliseconds(500))
        return nil
    }

    /// What to type to watch a rollout.
    static func command(_ id: RolloutID) -> String { "qtctl follow \(id.short)" }
}
