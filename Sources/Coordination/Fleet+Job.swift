package import DeployModel
import DeployProtocol

/// What came of an accept.
package enum AcceptReply: Sendable, Equatable {
    case accepted
    /// The job is no longer to be done; the state it is in.
    case closed(String)
}

/// What came of a claim.
package enum ClaimReply: Sendable, Equatable {
    /// The right is given, until `ttl` after the claim was sent.
    case granted(token: Int64, ttl: Duration)
    /// Another holder has one of the services.
    case held(LeaseHolder)
    /// Nothing is granted for now.
    case onHold(Hold)
    /// The job is no longer to be done; the state it is in.
    case closed(String)
}

/// What came of a renewal.
package enum RenewReply: Sendable, Equatable {
    /// Prolonged until `ttl` after the renewal was sent.
    case renewed(ttl: Duration)
    /// The right is gone, and why.
    case lost(String)
}

/// What came of a report.
package enum ReportReply: Sendable, Equatable {
    /// Taken, now or when it was first sent.
    case taken
    /// Not taken, and never will be; why.
    case closed(String)
    /// Redis does not know the job: it lost its memory, or is another server than the one that gave the job.
    case unknown
}

/// One event of a job, for followers.
package struct StepEvent: Sendable, Equatable {
    /// The service, or nil for the whole host.
    package var service: ServiceName?
    /// The step.
    package var step: Step
    /// How it stands.
    package var state: StepState
    /// How long the step took, in milliseconds, once it is over.
    package var milliseconds: Int64?
    /// A line for people.
    package var detail: String

    /// An event of a job.
    package init(service: ServiceName? = nil, step: Step, state: StepState, milliseconds: Int64? = nil, detail: String)
    {
        self.service = service
        self.step = step
        self.state = state
        self.milliseconds = milliseconds
        self.detail = detail
    }
}

/// The verdict of one target, with what it rests on.
package struct TargetReport: Sendable, Equatable {
    /// The service.
    package var service: ServiceName
    /// The verdict.
    package var verdict: Verdict
    /// The step at which it was decided.
    package var step: Step
    /// The rule that was broken, for anything but a good verdict.
    package var rule: Rule?
    /// What went wrong and what to do, in words.
    package var error: String
    /// The commit that was ordered.
    package var commit: CommitID
    /// The commit that was checked out before.
    package var previousCommit: CommitID?
    /// The commit that the process runs, when known.
    package var runningCommit: CommitID?
    /// When the host began and ended, by its clock, for people.
    package var startedAt: Timestamp
    package var finishedAt: Timestamp
    /// One fact a line.
    package var evidence: String

    /// The verdict of one target.
    package init(
        service: ServiceName, verdict: Verdict, step: Step, rule: Rule?, error: String, commit: CommitID,
        previousCommit: CommitID?, runningCommit: CommitID?, startedAt: Timestamp, finishedAt: Timestamp,
        evidence: String
    ) {
        self.service = service
        self.verdict = verdict
        self.step = step
        self.rule = rule
        self.error = error
        self.commit = commit
        self.previousCommit = previousCommit
        self.runningCommit = runningCommit
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.evidence = evidence
    }
}

extension Fleet {
    /// Says that the host has admitted the order and written it down.
    package func accept(_ attempt: AttemptName) async throws(CoordinationError) -> AcceptReply {
        let reply = try await run(.accept, attempt.arguments)
        switch reply.code {
        case .ok: return .accepted
        case .closed, .unknown: return .closed(reply.state)
        default: throw reply.unexpected
        }
    }

    /// Says that the host does not take what is dispatched to it: each target ends as `refused`.
    ///
    /// - Returns: nil, or why nothing was written: the job is no longer to be done.
    package func refuse(_ attempt: AttemptName, _ refusal: Refusal) async throws(CoordinationError) -> String? {
        let reply = try await run(
            .refuse, attempt.arguments + [refusal.rule.rawValue, String(refusal.description.prefix(2000))])
        switch reply.code {
        case .ok: return nil
        case .closed, .unknown: return reply.state
        default: throw reply.unexpected
        }
    }

    /// Asks for the right to change the attempt's services, all or none.
    ///
    /// - Parameters:
    ///   - attempt: the attempt.
    ///   - floor: the highest token that this host has ever seen.
    /// - Returns: the token, or who or what stands in the way.
    /// - Throws: when Redis or its contents fail.
    package func claim(_ attempt: AttemptName, floor: Int64) async throws(CoordinationError) -> ClaimReply {
        let reply = try await run(.claim, attempt.arguments + [String(floor)])
        switch reply.code {
        case .ok:
            guard let token = DecimalNumber.parse(reply[0]), let ttl = DecimalNumber.parse(reply[1]) else {
                throw reply.unexpected
            }
            return .granted(token: token, ttl: .milliseconds(ttl))
        case .held:
            return .held(
                LeaseHolder(
                    service: reply[0], holder: reply[1], operatorName: reply[2],
                    age: Self.age(from: reply[3], to: reply[4]), reason: reply[5]))
        case .hold: return .onHold(Hold(reply))
        case .closed, .unknown: return .closed(reply.state)
        default: throw reply.unexpected
        }
    }

    /// Prolongs the right; before the claim (`token` nil) it is only a sign of life.
    package func renew(_ attempt: AttemptName, token: Int64?) async throws(CoordinationError) -> RenewReply {
        let reply = try await run(.renew, attempt.arguments + [token.map(String.init) ?? ""])
        switch reply.code {
        case .ok: return .renewed(ttl: .milliseconds(DecimalNumber.parse(reply[0]) ?? 0))
        case .gone, .superseded: return .lost(reply.code.rawValue)
        case .closed, .unknown: return .lost(reply.state)
        default: throw reply.unexpected
        }
    }

    /// Tells followers what the job does. An event that comes too late is dropped: the verdict says more.
    package func tell(_ attempt: AttemptName, token: Int64?, _ events: [StepEvent]) async throws(CoordinationError) {
        var arguments = attempt.arguments + [token.map(String.init) ?? ""]
        for event in events {
            arguments += [
                event.service?.text ?? "", event.step.rawValue, event.state.rawValue,
                event.milliseconds.map(String.init) ?? "", event.detail,
            ]
        }
        _ = try await run(.step, arguments)
    }

    /// Reports the verdicts of all targets of an attempt. Safe to repeat.
    package func report(
        _ attempt: AttemptName, token: Int64?, detail: String, _ targets: [TargetReport]
    ) async throws(CoordinationError) -> ReportReply {
        let reply = try await run(
            .report,
            attempt.arguments + [token.map(String.init) ?? "", detail] + targets.flatMap(\.arguments))
        switch reply.code {
        case .ok, .again: return .taken
        case .superseded, .incomplete: return .closed(reply.code.rawValue)
        case .closed: return .closed(reply.state)
        case .unknown: return .unknown
        default: throw reply.unexpected
        }
    }
}

extension AttemptName {
    /// What every call of a job begins with: `id host op attempt`.
    var arguments: [String] { [rollout.text, host.text, operation.rawValue, String(number)] }
}

extension TargetReport {
    /// The group of arguments that says it.
    var arguments: [String] {
        [
            service.text, verdict.rawValue, step.rawValue, rule?.rawValue ?? "", error, commit.text,
            previousCommit?.text ?? "", runningCommit?.text ?? "", startedAt.description, finishedAt.description,
            evidence,
        ]
    }
}

extension Reply {
    /// The job's state, of a reply that closes it.
    var state: String { code == .unknown ? "unknown to Redis" : self[0] }
}
