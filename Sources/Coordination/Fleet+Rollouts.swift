package import DeployModel
import DeployProtocol
import RedisClient

/// A rollout as Redis has it: the fields of its order that people read, and its state.
package struct RolloutRecord: Sendable, Equatable {
    /// The id.
    package let id: RolloutID
    /// The state; nil when what stands there is none of ours.
    package let state: RolloutState?
    /// Why it is in that state, in words.
    package let stateDetail: String
    /// Who submitted it, and why.
    package let operatorName: String
    package let reason: String
    /// What was ordered.
    package let operation: String
    package let source: String
    package let branch: String
    package let commit: CommitID?
    /// Whether the order carries a signature.
    package let isSigned: Bool
    /// The host on which somebody deployed by hand; nil for what was submitted.
    package let breakGlassHost: HostName?
    /// When it was submitted and when it ended, by the server's clock.
    package let submitted: Timestamp
    package let ended: Timestamp?
    /// The number of hosts and of targets, and the current wave.
    package let hosts: Int
    package let targets: Int
    package let wave: Int

    /// Its id for people, which says whether it was submitted: `01234567`, or `bg-01234567`.
    package var shortName: String { breakGlassHost == nil ? id.short : id.breakGlassShort }

    init(_ id: RolloutID, _ fields: HashFields) {
        let isOurs = fields["v"] == ContractVersion.current
        self.id = id
        state = isOurs ? RolloutState(rawValue: fields["state"]) : nil
        stateDetail = isOurs ? fields["state_detail"] : "contract version \(fields["v"])"
        operatorName = fields["operator"]
        reason = fields["reason"]
        operation = fields["op"]
        source = fields["source"]
        branch = fields["branch"]
        commit = try? CommitID(fields["commit"])
        isSigned = !fields["signature"].isEmpty
        breakGlassHost = try? HostName(fields["break_glass"])
        submitted = Timestamp(milliseconds: fields.number("submitted_ms") ?? 0)
        ended = fields.number("ended_ms").map { Timestamp(milliseconds: $0) }
        hosts = Int(fields.number("jobs") ?? 0)
        targets = Int(fields.number("targets") ?? 0)
        wave = Int(fields.number("wave") ?? 0)
    }
}

/// One event of a rollout, for followers.
package struct RolloutEvent: Sendable, Equatable {
    /// The entry's id, for reading on.
    package let id: String
    /// When, by the server's clock.
    package let time: Timestamp
    /// `rollout`, `job`, `step`, `output` or `verdict`.
    package let kind: String
    package let host: String
    package let service: String
    package let step: String
    package let state: String
    package let milliseconds: Int64?
    package let detail: String

    init(_ entry: StreamEntry) {
        id = entry.id
        time = entry.time
        kind = entry["kind"]
        host = entry["host"]
        service = entry["service"]
        step = entry["step"]
        state = entry["state"]
        milliseconds = DecimalNumber.parse(entry["ms"])
        detail = entry["detail"]
    }
}

extension Fleet {
    /// The rollout whose id begins with `name`; what was deployed by hand may be named with its `bg-`.
    package func resolve(_ name: String) async throws(CoordinationError) -> RolloutID {
        let prefix = RolloutID.breakGlassPrefix
        let text = name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
        if let whole = try? RolloutID(text) {
            guard try await call(["EXISTS", keys.rollout(whole)]).integerValue == 1 else { throw .unknownRollout(name) }
            return whole
        }
        guard !text.isEmpty, text.utf8.allSatisfy({ RolloutID.accepts(Array(repeating: $0, count: 32)) }) else {
            throw .unknownRollout(name)
        }
        let matches = try await rolloutIDs(newest: nil).filter { $0.text.hasPrefix(text) }
        guard let first = matches.first else { throw .unknownRollout(name) }
        guard matches.count == 1 else { throw .ambiguousRollout(text, matches) }
        return first
    }

    /// The ids of the newest rollouts, newest first; all for nil.
    package func rolloutIDs(newest count: Int?) async throws(CoordinationError) -> [RolloutID] {
        // A stop of -1 means all to Redis: no rollouts must not become every rollout.
        if let count, count < 1 { return [] }
        let last = count.map { String($0 - 1) } ?? "-1"
        return ((try await call(["ZREVRANGE", keys.rollouts, "0", last])).elements ?? []).compactMap {
            try? RolloutID($0.text ?? "")
        }
    }

    /// The newest rollouts, newest first. One of another contract version has no state, and says so in its detail.
    package func rollouts(newest count: Int) async throws(CoordinationError) -> [RolloutRecord] {
        var records: [RolloutRecord] = []
        for id in try await rolloutIDs(newest: count) {
            let fields = HashFields(try await call(["HGETALL", keys.rollout(id)]))
            if !fields.isEmpty { records.append(RolloutRecord(id, fields)) }
        }
        return records
    }

    /// One rollout, or nil when there is none.
    package func rollout(_ id: RolloutID) async throws(CoordinationError) -> RolloutRecord? {
        let fields = HashFields(try await call(["HGETALL", keys.rollout(id)]))
        guard !fields.isEmpty else { return nil }
        guard fields["v"] == ContractVersion.current else {
            throw .contract("rollout \(id.short)", "contract version \(VisibleText(fields["v"]))")
        }
        return RolloutRecord(id, fields)
    }

    /// The targets of a rollout, in dispatch order. A target that waits in an ended rollout was skipped.
    package func targets(_ id: RolloutID, state: RolloutState?) async throws(CoordinationError) -> [TargetOutcome] {
        let fields = HashFields(try await call(["HGETALL", keys.targets(id)]))
        var outcomes: [TargetOutcome] = []
        var number: Int64 = 1
        while let host = try? HostName(fields[String(number)]) {
            for name in fields["\(host)/services"].split(separator: "+") {
                guard let service = try? ServiceName(name) else { continue }
                outcomes.append(Self.outcome(host, service, fields, ended: state?.isEnded == true))
            }
            number += 1
        }
        return outcomes
    }

    private static func outcome(
        _ host: HostName, _ service: ServiceName, _ fields: HashFields, ended: Bool
    ) -> TargetOutcome {
        var outcome = TargetOutcome(host: host, service: service)
        let base = "\(host)/\(service)/"
        outcome.state = JobState(rawValue: fields["\(host)/state"]) ?? .waiting
        outcome.verdict = Verdict(rawValue: fields[base + "verdict"])
        if outcome.verdict == nil, ended, outcome.state == .waiting { outcome.verdict = .skipped }
        outcome.step = Step(rawValue: fields[base + "step"].isEmpty ? fields["\(host)/step"] : fields[base + "step"])
        outcome.rule = Rule(rawValue: fields[base + "rule"])
        outcome.error = fields[base + "error"]
        outcome.commit = try? CommitID(fields[base + "commit"])
        outcome.previousCommit = try? CommitID(fields[base + "previous_commit"])
        outcome.runningCommit = try? CommitID(fields[base + "running_commit"])
        return outcome
    }

    /// What the verdict of a target rests on, one fact a line; empty before it.
    package func evidence(
        _ id: RolloutID, _ host: HostName, _ service: ServiceName
    ) async throws(CoordinationError) -> String {
        (try await call(["HGET", keys.targets(id), "\(host)/\(service)/evidence"])).text ?? ""
    }

    /// Waits up to `wait` for events behind `cursor` (at first the empty text), and moves the cursor.
    package func events(
        _ id: RolloutID, behind cursor: inout String, wait: Duration
    ) async throws(CoordinationError) -> [RolloutEvent] {
        let milliseconds = max(1, HumanDuration(wait).milliseconds)
        let reply = try await call(
            [
                "XREAD", "COUNT", "500", "BLOCK", String(milliseconds), "STREAMS", keys.events(id),
                cursor.isEmpty ? "0-0" : cursor,
            ], within: wait + .seconds(3))
        let entries = StreamEntry.read(reply)
        if let last = entries.last { cursor = last.id }
        return entries.map(RolloutEvent.init)
    }
}
