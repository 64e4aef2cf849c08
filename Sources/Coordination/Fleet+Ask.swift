package import DeployModel
import DeployProtocol

/// What a host is asked. Questions change nothing on a host.
package enum QuestionKind: String, Sendable, CaseIterable {
    /// What a deployment would find: paths, commits, refusals.
    case plan
}

/// A question as a host reads it.
package struct Question: Sendable, Equatable {
    /// What is asked.
    package let kind: QuestionKind
    /// Until when an answer is of use, by the server's clock.
    package let until: Timestamp
    /// The question's own fields.
    package let entry: StreamEntry
}

extension Fleet {
    /// Asks hosts; their answers come into the stream of `id`.
    ///
    /// - Throws: ``CoordinationError/contract(_:_:)`` when the fleet's state has another contract version.
    package func ask(
        _ id: RolloutID, _ kind: QuestionKind, _ hosts: [HostName], lasting: Duration, fields: [(String, String)]
    ) async throws(CoordinationError) {
        // 50 hosts a call: no call holds Redis for long.
        for start in stride(from: 0, to: hosts.count, by: 50) {
            let some = hosts[start..<min(start + 50, hosts.count)].map(\.text).joined(separator: "+")
            let lifetime = String(HumanDuration(lasting).milliseconds)
            let reply = try await run(
                .ask, [id.text, kind.rawValue, lifetime, some] + fields.flatMap { [$0.0, $0.1] })
            switch reply.code {
            case .ok: continue
            case .version: throw .contract("fleet \(name)", Self.otherVersion(reply[0]).message)
            default: throw reply.unexpected
            }
        }
    }

    /// The question of an id, or nil when it is gone or of a kind that this program does not know.
    package func question(_ id: RolloutID) async throws(CoordinationError) -> Question? {
        var place = StreamPlace.beginning
        guard let entry = try await page(keys.ask(id), behind: &place, most: 1).first,
            entry["v"] == ContractVersion.current,
            let kind = QuestionKind(rawValue: entry["kind"]),
            let until = DecimalNumber.parse(entry["until"])
        else { return nil }
        return Question(kind: kind, until: Timestamp(milliseconds: until), entry: entry)
    }

    /// Adds one entry to a host's answer. An answer that comes too late is dropped.
    package func answer(
        _ id: RolloutID, from host: HostName, _ fields: [(String, String)]
    ) async throws(CoordinationError) {
        _ = try await run(.answer, [id.text, host.text] + fields.flatMap { [$0.0, $0.1] })
    }

    /// Waits up to `wait` for answers behind a place, and moves the place.
    package func answers(
        _ id: RolloutID, behind place: inout StreamPlace, wait: Duration
    ) async throws(CoordinationError) -> [StreamEntry] {
        try await read(keys.ask(id), behind: &place, wait: wait).filter { !$0["host"].isEmpty }
    }
}
