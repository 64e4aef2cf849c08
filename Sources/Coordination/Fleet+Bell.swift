package import DeployModel
import DeployProtocol
import RedisClient

/// What a host's bell says.
package enum Bell: Sendable, Hashable {
    /// Something may be dispatched: ask ``Fleet/pending(_:)``.
    case work
    /// Somebody asks; the question stands in the stream of this id until the moment.
    case question(RolloutID, until: Timestamp)
    /// An entry that this contract does not know, and why. It is skipped.
    case malformed(String)
}

extension Fleet {
    /// The place in a host's bell from which to listen: behind everything that stands there now.
    package func bellEnd(_ host: HostName) async throws(CoordinationError) -> String {
        let newest = StreamEntry.list(try await call(["XREVRANGE", keys.commands(host), "+", "-", "COUNT", "1"]))
        return newest.first?.id ?? "0-0"
    }

    /// The place from which a host listens after each connect: a minute before the newest entry, so that a question which
    /// was asked while nobody listened is heard. Older ones are given up by who asked.
    package func bellStart(_ host: HostName) async throws(CoordinationError) -> String {
        let end = try await bellEnd(host)
        guard let milliseconds = end.split(separator: "-").first.flatMap({ UInt64($0) }) else { return end }
        return "\(milliseconds - min(milliseconds, 60_000))-0"
    }

    /// Waits up to `wait` for entries of a host's bell behind `cursor`, and moves the cursor.
    ///
    /// Redis' BLOCK runs on the server's wall clock; the limit that counts is `wait` + 3 s of this machine's monotonic clock.
    package func listen(
        _ host: HostName, behind cursor: inout String, wait: Duration
    ) async throws(CoordinationError) -> [Bell] {
        let milliseconds = HumanDuration(wait).milliseconds
        let reply = try await call(
            ["XREAD", "COUNT", "64", "BLOCK", String(milliseconds), "STREAMS", keys.commands(host), cursor],
            within: wait + .seconds(3))
        let entries = StreamEntry.read(reply)
        if let last = entries.last { cursor = last.id }
        return entries.map(Self.bell)
    }

    private static func bell(_ entry: StreamEntry) -> Bell {
        guard entry["v"] == ContractVersion.current else {
            return .malformed("contract version \(VisibleText(entry["v"]))")
        }
        guard entry["op"] == "ask" else {
            return Operation(rawValue: entry["op"]) == nil ? .malformed("op \(VisibleText(entry["op"]))") : .work
        }
        guard let id = try? RolloutID(entry["ask"]), let until = DecimalNumber.parse(entry["until"]) else {
            return .malformed("question without id or time")
        }
        return .question(id, until: Timestamp(milliseconds: until))
    }

    /// What is dispatched to a host and not accepted yet: the truth behind the bell.
    package func pending(_ host: HostName) async throws(CoordinationError) -> [AttemptName] {
        let reply = try await run(.pending, [host.text])
        guard reply.code == .ok else { throw reply.unexpected }
        return stride(from: 0, to: reply.words.count - reply.words.count % 3, by: 3).compactMap { index in
            guard let rollout = try? RolloutID(reply[index]), let operation = Operation(rawValue: reply[index + 1]),
                let number = DecimalNumber.parse(reply[index + 2])
            else { return nil }
            return AttemptName(rollout: rollout, host: host, operation: operation, number: Int(number))
        }
    }

    /// The text and the signature of an order, as submitted; nil when Redis has none. Nothing of it is checked here.
    package func orderText(_ id: RolloutID) async throws(CoordinationError) -> (text: [UInt8], signature: [UInt8])? {
        let values = (try await call(["HMGET", keys.rollout(id), "order", "signature"])).elements ?? []
        guard values.count == 2, case .bulk(let text) = values[0] else { return nil }
        if case .bulk(let signature) = values[1] { return (text, signature) }
        return (text, [])
    }
}
