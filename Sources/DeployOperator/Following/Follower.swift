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
    /// The rollout's hash is looked at this often also where no event says that something changed: events can be lost.
    static let lookPause: Duration = .seconds(5)
    /// Due timers are fired this often.
    static let tickPause: Duration = .seconds(1)
    /// Timers fired in one go: more are left to the next round, so that events are never kept waiting.
    static let ticks = 200

    /// Follows a rollout to its end.
    ///
    /// - Parameters:
    ///   - id: the rollout.
    ///   - limit: after this time the follower leaves; nil for never.
    /// - Returns: the exit code that the rollout's targets come to, or ``ExitCode/followerTimedOut``.
    /// - Throws: ``OperatorError/outOfSight(_:_:)`` when Redis stays away, ``OperatorError/lost(_:)`` when it has no such
    ///   rollout.
    package func follow(_ id: RolloutID, limit: Duration?) async throws(OperatorError) -> ExitCode {
        var watch = Watch(id: id, view: console.followView(), deadline: limit.map { ContinuousClock.now + $0 })
        do throws(OperatorError) {
            while true {
                do throws(CoordinationError) {
                    if let code = try await round(&watch) { return code }
                    if watch.outageBegan != nil { watch.view.note("Redis answers again") }
                    watch.outageBegan = nil
                } catch {
                    if let code = try await endure(error, &watch) { return code }
                }
            }
        } catch {
            watch.view.end(isOver: false)
            throw error
        }
    }

    /// What has been seen so far.
    private struct Watch {
        let id: RolloutID
        var view: any FollowView
        let deadline: ContinuousClock.Instant?
        var place = StreamPlace.beginning
        /// The rollout as it was looked at last.
        var rollout: RolloutRecord?
        var nextLook = ContinuousClock.now
        var nextTick = ContinuousClock.now
        /// The server's clock at a moment of ours; between two looks ours goes on alone.
        var clock: (server: Timestamp, here: ContinuousClock.Instant)?
        var outageBegan: ContinuousClock.Instant?
        var timerTrouble: CoordinationError?

        var isOver: Bool { deadline.map { ContinuousClock.now >= $0 } ?? false }
        var wait: Duration {
            guard let deadline else { return view.patience }
            return max(.zero, min(view.patience, deadline - ContinuousClock.now))
        }
        var now: Timestamp {
            guard let clock else { return Timestamp(milliseconds: 0) }
            return clock.server.adding(milliseconds: HumanDuration(ContinuousClock.now - clock.here).milliseconds)
        }
    }

    /// One wait for events, and the look at whether that was all.
    ///
    /// The state is read before the events: when it says that the rollout has ended, everything that the end brought stands
    /// in the stream already, and an empty read proves that all of it was shown.
    private func round(_ watch: inout Watch) async throws(CoordinationError) -> ExitCode? {
        let rollout = try await look(&watch)
        let isEnded = rollout.state?.isEnded == true
        // Before the wait for events: the first hosts of a large order are a timer, and events may come without end.
        let trouble = isEnded || watch.isOver ? watch.timerTrouble : await fireTimers(&watch)
        let events = try await fleet.events(watch.id, behind: &watch.place, wait: isEnded ? .zero : watch.wait)
        // Told once, and not for an outage: that read would have failed too, and tells it.
        if let trouble, watch.timerTrouble == nil { watch.view.note("\(trouble); watching goes on") }
        watch.timerTrouble = trouble
        for event in events {
            watch.view.show(event, of: watch.id)
            if event.kind == "rollout" { watch.nextLook = .now }
        }
        watch.view.tick(at: watch.now)
        if !events.isEmpty, isEnded || !watch.isOver { return nil }
        if isEnded { return try await end(&watch, rollout, nil) }
        if watch.isOver {
            watch.view.note("--timeout ran out; the rollout goes on; to watch it: \(Self.command(watch.id))")
            return try await end(&watch, rollout, .followerTimedOut)
        }
        return nil
    }

    /// The rollout's hash, read anew when it may have changed.
    private func look(_ watch: inout Watch) async throws(CoordinationError) -> RolloutRecord {
        if let rollout = watch.rollout, ContinuousClock.now < watch.nextLook { return rollout }
        guard let rollout = try await fleet.rollout(watch.id) else { throw .unknownRollout(watch.id.text) }
        if watch.rollout == nil {
            let targets = try await fleet.targets(watch.id, state: rollout.state)
            watch.clock = (try await fleet.serverTime(), .now)
            watch.view.begin(rollout, targets, at: watch.now)
        }
        watch.rollout = rollout
        watch.nextLook = .now + Self.lookPause
        return rollout
    }

    /// The summary: how the targets stand, and what the command exits with.
    private func end(
        _ watch: inout Watch, _ rollout: RolloutRecord, _ code: ExitCode?
    ) async throws(CoordinationError) -> ExitCode {
        let targets = try await fleet.targets(watch.id, state: rollout.state)
        let code = code ?? ExitCode.of(targets, of: rollout.operation, rollout: rollout.state ?? .failed)
        watch.view.end(isOver: true)
        console.show(rollout, targets, exit: code)
        return code
    }

    /// Fires timers as the agents do. A Redis that takes no writes, or does not let this user write, is watched all the same.
    ///
    /// - Returns: why they do not fire, or nil.
    private func fireTimers(_ watch: inout Watch) async -> CoordinationError? {
        guard ContinuousClock.now >= watch.nextTick else { return watch.timerTrouble }
        watch.nextTick = .now + Self.tickPause
        do throws(CoordinationError) {
            for _ in 0..<Self.ticks where try await fleet.tick() == 0 { break }
            return nil
        } catch {
            return error
        }
    }

    /// Redis is away: says so once, and gives up after a while. Nothing is lost or shown twice: the place stays.
    private func endure(_ error: CoordinationError, _ watch: inout Watch) async throws(OperatorError) -> ExitCode? {
        if case .unknownRollout = error { throw .lost(watch.id) }
        guard error.mayPass, !Task.isCancelled else { throw .fleet(error) }
        let began = watch.outageBegan ?? .now
        if watch.outageBegan == nil {
            watch.view.note(
                "\(error); trying for \(HumanDuration(Self.outage)); rollout \(watch.id.short) goes on by itself")
        }
        watch.outageBegan = began
        // Another server may answer next, and have another clock.
        watch.nextLook = .now
        if watch.isOver {
            watch.view.note("--timeout ran out; the rollout goes on; to watch it: \(Self.command(watch.id))")
            watch.view.end(isOver: false)
            console.summary(watch.id, exit: .followerTimedOut)
            return .followerTimedOut
        }
        guard ContinuousClock.now - began < Self.outage else { throw .outOfSight(watch.id, error) }
        watch.view.tick(at: watch.now)
        try? await Task.sleep(for: .milliseconds(500))
        return nil
    }

    /// What to type to watch a rollout.
    static func command(_ id: RolloutID) -> String { "qtctl follow \(id.short)" }
}
