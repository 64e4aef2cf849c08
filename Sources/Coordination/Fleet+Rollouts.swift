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
    package let operation: Operation?
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
    /// Its services, each once.
    package let services: [ServiceName]

    /// Its id for people, which says whether it was submitted: `01234567`, or `bg-01234567`.
    package var shortName: String { breakGlassHost == nil ? id.short : id.breakGlassShort }

    /// What is read of its hash; of the signature only whether there is one.
    static let fields = [
        "v", "state", "state_detail", "operator", "reason", "op", "source", "branch", "commit", "submitted_ms",
        "ended_ms", "jobs", "targets", "wave", "break_glass", "services",
    ]

    /// `flaw`: what is wrong with the hash, when nothing of it can be read.
    init(_ id: RolloutID, _ fields: HashFields, isSigned: Bool, flaw: String? = nil) {
        let isOurs = fields["v"] == ContractVersion.current
        self.id = id
        state = isOurs ? RolloutState(rawValue: fields["state"]) : nil
        stateDetail = flaw ?? (isOurs ? fields["state_detail"] : "contract version \(fields["v"])")
        operatorName = fields["operator"]
        reason = fields["reason"]
        operation = Operation(rawValue: fields["op"])
        source = fields["source"]
        branch = fields["branch"]
        commit = try? CommitID(fields["commit"])
        self.isSigned = isSigned
        breakGlassHost = try? HostName(fields["break_glass"])
        submitted = Timestamp(milliseconds: fields.number("submitted_ms") ?? 0)
        ended = fields.number("ended_ms").map { Timestamp(milliseconds: $0) }
        hosts = Int(fields.number("jobs") ?? 0)
        targets = Int(fields.number("targets") ?? 0)
        wave = Int(fields.number("wave") ?? 0)
        services = fields["services"].split(separator: "+").compactMap { try? ServiceName($0) }
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
        var matches: Set<RolloutID> = []
        try await eachPageOfRollouts { ids in
            matches.formUnion(ids.filter { $0.text.hasPrefix(text) })
            return true
        }
        guard let first = matches.first else { throw .unknownRollout(name) }
        guard matches.count == 1 else { throw .ambiguousRollout(text, matches.sorted()) }
        return first
    }

    /// Hands out the ids of all rollouts, the newest first, until `body` says that it has enough. In small pages: a member
    /// that nobody of us wrote may have any size.
    private func eachPageOfRollouts(
        since start: Timestamp? = nil, _ body: ([RolloutID]) async throws(CoordinationError) -> Bool
    ) async throws(CoordinationError) {
        let length = 50
        let end = start.map { String($0.milliseconds) } ?? "-inf"
        var first = 0
        while true {
            let words = ["ZREVRANGEBYSCORE", keys.rollouts, "+inf", end, "LIMIT", String(first), String(length)]
            let members = (try await call(words)).elements ?? []
            guard try await body(members.compactMap { try? RolloutID($0.text ?? "") }), members.count == length else {
                return
            }
            first += length
        }
    }

    /// The newest rollouts, newest first. One of another contract version or another type has no state, and says so in its
    /// detail.
    ///
    /// - Parameters:
    ///   - count: at most so many.
    ///   - start: none that was submitted before it; a deployment by hand counts from its publication.
    ///   - isWanted: which of them.
    /// - Returns: those that are wanted.
    /// - Throws: when Redis or its contents fail.
    package func rollouts(
        newest count: Int, since start: Timestamp? = nil, where isWanted: (RolloutRecord) -> Bool = { _ in true }
    ) async throws(CoordinationError) -> [RolloutRecord] {
        var records: [RolloutRecord] = []
        try await eachPageOfRollouts(since: start) { (ids) async throws(CoordinationError) in
            records += try await self.records(ids).filter(isWanted)
            return records.count < count
        }
        return Array(records.prefix(max(0, count)))
    }

    /// The rollouts of these ids; those that Redis does not have are left out.
    private func records(_ ids: [RolloutID]) async throws(CoordinationError) -> [RolloutRecord] {
        let replies = try await pipeline(
            ids.flatMap { id in
                [["HMGET", keys.rollout(id)] + RolloutRecord.fields, ["HSTRLEN", keys.rollout(id), "signature"]]
            })
        return ids.enumerated().compactMap { index, id in
            let fields = HashFields(RolloutRecord.fields, replies[2 * index])
            if case .error(let error) = replies[2 * index] {
                let flaw = error.code == "WRONGTYPE" ? "a value of another type stands there" : error.message
                return RolloutRecord(id, fields, isSigned: false, flaw: flaw)
            }
            guard !fields.isEmpty else { return nil }
            return RolloutRecord(id, fields, isSigned: (replies[2 * index + 1].integerValue ?? 0) > 0)
        }
    }

    /// One rollout, or nil when there is none.
    package func rollout(_ id: RolloutID) async throws(CoordinationError) -> RolloutRecord? {
        let key = keys.rollout(id)
        let fields = HashFields(RolloutRecord.fields, try await call(["HMGET", key] + RolloutRecord.fields))
        guard !fields.isEmpty else { return nil }
        guard fields["v"] == ContractVersion.current else {
            throw .contract("rollout \(id.short)", "contract version \(VisibleText(fields["v"]))")
        }
        let signature = try await call(["HSTRLEN", key, "signature"]).integerValue ?? 0
        return RolloutRecord(id, fields, isSigned: signature > 0)
    }

    /// The targets of a rollout, in dispatch order. A target that waits in an ended rollout was skipped.
    ///
    /// Read by name and within an order's bounds: the hash may hold anything else.
    package func targets(_ id: RolloutID, state: RolloutState?) async throws(CoordinationError) -> [TargetOutcome] {
        let hosts = try await targetHosts(id)
        let words = ["services", "state", "step"]
        let jobs = try await pipeline(
            hosts.map { host in ["HMGET", keys.targets(id)] + words.map { "\(host)/\($0)" } })
        var targets: [(host: HostName, service: ServiceName, job: HashFields)] = []
        var room = Order.maximumBytes
        for (host, reply) in zip(hosts, jobs) {
            let job = HashFields(words, reply)
            room -= job["services"].utf8.count
            guard room >= 0 else { break }
            for name in job["services"].split(separator: "+") {
                if let service = try? ServiceName(name) { targets.append((host, service, job)) }
            }
        }
        let verdicts = try await pipeline(
            targets.map { target in
                ["HMGET", keys.targets(id)] + Self.verdictWords.map { "\(target.host)/\(target.service)/\($0)" }
            })
        return zip(targets, verdicts).map { target, reply in
            let verdict = HashFields(Self.verdictWords, reply)
            return Self.outcome(target.host, target.service, target.job, verdict, ended: state?.isEnded == true)
        }
    }

    /// The hosts of a rollout, in dispatch order, each once.
    private func targetHosts(_ id: RolloutID) async throws(CoordinationError) -> [HostName] {
        var hosts: [HostName] = []
        var known: Set<HostName> = []
        while hosts.count < Order.maximumHosts {
            let numbers = (hosts.count + 1...hosts.count + 100).map(String.init)
            let page = (try await call(["HMGET", keys.targets(id)] + numbers)).elements ?? []
            let names = page.prefix { !$0.isNull }.compactMap { try? HostName($0.text ?? "") }
            hosts += names.filter { known.insert($0).inserted }
            guard names.count == numbers.count, hosts.count % 100 == 0 else { break }
        }
        return hosts
    }

    private static let verdictWords = [
        "verdict", "step", "rule", "error", "commit", "previous_commit", "running_commit",
    ]

    private static func outcome(
        _ host: HostName, _ service: ServiceName, _ job: HashFields, _ verdict: HashFields, ended: Bool
    ) -> TargetOutcome {
        var outcome = TargetOutcome(host: host, service: service)
        outcome.state = JobState(rawValue: job["state"]) ?? .waiting
        outcome.verdict = Verdict(rawValue: verdict["verdict"])
        if outcome.verdict == nil, ended, outcome.state == .waiting { outcome.verdict = .skipped }
        outcome.step = Step(rawValue: verdict["step"].isEmpty ? job["step"] : verdict["step"])
        outcome.rule = Rule(rawValue: verdict["rule"])
        outcome.error = verdict["error"]
        outcome.commit = try? CommitID(verdict["commit"])
        outcome.previousCommit = try? CommitID(verdict["previous_commit"])
        outcome.runningCommit = try? CommitID(verdict["running_commit"])
        return outcome
    }

    /// What the verdict of a target rests on, one fact a line; empty before it.
    package func evidence(
        _ id: RolloutID, _ host: HostName, _ service: ServiceName
    ) async throws(CoordinationError) -> String {
        (try await call(["HGET", keys.targets(id), "\(host)/\(service)/evidence"])).text ?? ""
    }

    /// Waits up to `wait` for events behind a place, and moves the place.
    package func events(
        _ id: RolloutID, behind place: inout StreamPlace, wait: Duration
    ) async throws(CoordinationError) -> [RolloutEvent] {
        try await read(keys.events(id), behind: &place, wait: wait).map(RolloutEvent.init)
    }
}
