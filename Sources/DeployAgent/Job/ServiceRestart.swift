import DeployModel
import HostControl

/// Restarts a service and reads from the unit what came of it.
///
/// `systemctl restart` is never waited for: killing it would stop no job, and its exit code does not say what the process
/// does. The job is queued, the unit is looked at until the job is gone, and past the limit the job is cancelled.
struct ServiceRestart: Sendable {
    let systemd: Systemd
    /// What a stop or a start may take where the unit itself sets no limit.
    let unlimited: Duration
    /// What is added to the unit's own limits: for systemd to act, and for us to see it.
    var margin: Duration = .seconds(10)
    /// How long systemd may be silent before anything was done, and how long a cancelled job may take to go.
    var patience: Duration = .seconds(30)
    /// Told once for each time that systemd falls silent.
    var tell: @Sendable (String) -> Void = { _ in }

    private typealias Clock = ContinuousClock

    /// Restarts a service and waits until a new invocation of it runs and no job is left.
    ///
    /// - Parameter service: The service.
    /// - Returns: The unit as it is then.
    /// - Throws: A ``Refusal`` with rule `restart_failed`, `restart_timed_out`, or `host_state_unreadable` when systemd
    ///   did not answer.
    func run(_ service: ServiceName) async throws(Refusal) -> UnitFacts {
        let before = try await look(service, until: .now + patience)
        let (job, doubt) = await queue(service)
        var watch = RestartWatch(before: before, isQueued: doubt == nil, job: job)
        let began = Clock.now
        let limit = limit(of: before)
        while true {
            let facts = try await look(service, until: began + limit)
            switch watch.take(facts) {
            case .runs: return facts
            case .ended(let why): throw failed(service, why, doubt)
            case .wait: break
            }
            if let doubt, watch.job == nil, Clock.now >= began + Self.arrival(doubt) {
                throw failed(service, "the restart was refused", doubt)
            }
            if Clock.now >= began + limit { return try await giveUp(&watch, facts, limit) }
            try await pause(service, since: began)
        }
    }

    /// Waits until a service that another one's restart may have taken along runs and has no job.
    ///
    /// - Parameter service: The service.
    /// - Returns: The unit as it is then.
    /// - Throws: As ``run(_:)``.
    func settle(_ service: ServiceName) async throws(Refusal) -> UnitFacts {
        let began = Clock.now
        var limit = patience
        while true {
            let facts = try await look(service, until: began + limit)
            limit = self.limit(of: facts)
            if facts.job == nil {
                if facts.isRunning, facts.restarts == 0 { return facts }
                let isStarting = facts.activeState == "activating" && !facts.isBetweenRestarts
                guard isStarting else {
                    throw failed(service, "after it was restarted along: \(facts.stateInWords)", nil)
                }
            }
            guard Clock.now < began + limit else {
                throw Refusal(
                    .restartTimedOut,
                    "\(service.unit), restarted along, is \(facts.stateInWords) after \(HumanDuration(limit))",
                    remedy: "look at: systemctl status \(service.unit)")
            }
            try await pause(service, since: began)
        }
    }

    /// How long a restart may take: the unit's own limit for each of the commands of its stop and its start, and the margin.
    func limit(of facts: UnitFacts) -> Duration {
        finite(facts.timeoutStop) * (1 + facts.stopCommands) + finite(facts.timeoutStart) * (1 + facts.startCommands)
            + margin
    }

    private func finite(_ limit: UnitDuration?) -> Duration {
        switch limit {
        case .finite(let duration): duration
        case .infinity, nil: unlimited
        }
    }

    /// Queues the restart.
    ///
    /// - Returns: the job, when systemctl named it, and no doubt when it is queued for certain; else what systemctl said: it may
    ///   have been killed, or cut off, after systemd had taken the order.
    private func queue(_ service: ServiceName) async -> (job: UInt32?, doubt: HostError?) {
        do throws(HostError) {
            // A start limit that earlier failures used up would refuse this start too.
            try await systemd.resetFailed(service)
            return (try await systemd.restart(service), nil)
        } catch {
            return (nil, error)
        }
    }

    /// How long an order may take to arrive of which systemctl brought no answer.
    private static func arrival(_ doubt: HostError) -> Duration {
        if case .failed(_, .exited, _) = doubt { return .seconds(1) }
        return .seconds(5)
    }

    /// The unit as it is now. A systemd that does not answer, as while it executes itself anew, is asked again.
    private func look(_ service: ServiceName, until deadline: Clock.Instant) async throws(Refusal) -> UnitFacts {
        let began = Clock.now
        var isTold = false
        while true {
            let trouble: HostError
            do throws(HostError) {
                if let facts = try await systemd.show([service]).first { return facts }
                trouble = .oddAnswer(command: "systemctl show \(service.unit)", found: "nothing")
            } catch {
                trouble = error
            }
            if !isTold { tell("systemd does not answer: \(trouble)") }
            isTold = true
            guard Clock.now < deadline else {
                throw Refusal(
                    .hostStateUnreadable,
                    "what became of \(service.unit) is not known, systemd does not answer: \(trouble)",
                    remedy: "look at the host: systemctl status \(service.unit)")
            }
            try await pause(service, since: began)
        }
    }

    /// Waits before the next look: the longer the longer it takes already. Most services are up in a few hundredths of a second,
    /// and a look costs the host one systemctl.
    private func pause(_ service: ServiceName, since began: Clock.Instant) async throws(Refusal) {
        let pause = min(max((Clock.now - began) / 8, .milliseconds(5)), .milliseconds(50))
        guard (try? await Task.sleep(for: pause)) != nil else {
            throw Refusal(.restartFailed, "the agent was stopped while it restarted \(service.unit)")
        }
    }

    /// Cancels the job and waits until it is gone, because only then does the unit show what came of it.
    private func giveUp(
        _ watch: inout RestartWatch, _ facts: UnitFacts, _ limit: Duration
    ) async throws(Refusal) -> UnitFacts {
        let service = facts.service
        var last = facts
        let job = watch.job.flatMap { watch.isQueued && facts.job == $0 ? $0 : nil }
        if let job {
            try? await systemd.cancelJob(job)
            let began = Clock.now
            let deadline = began + patience
            while last.job == job, Clock.now < deadline {
                try await pause(service, since: began)
                last = try await look(service, until: deadline)
            }
            // It may have come to its end in the moment of the cancelling.
            if watch.take(last) == .runs { return last }
        }
        let cancelled = job.map { ", its job \($0) " + (last.job == $0 ? "can't be cancelled" : "was cancelled") }
        throw Refusal(
            .restartTimedOut, "\(service.unit) is \(last.stateInWords) after \(HumanDuration(limit))\(cancelled ?? "")",
            remedy: "look at: systemctl status \(service.unit); end a process that ignores its stop with: "
                + "systemctl kill -s KILL \(service.unit)")
    }

    private func failed(_ service: ServiceName, _ why: String, _ doubt: HostError?) -> Refusal {
        Refusal(
            .restartFailed, "\(service.unit): \(why)" + (doubt.map { " (\($0))" } ?? ""),
            remedy: "look at: journalctl -u \(service.unit)")
    }
}
