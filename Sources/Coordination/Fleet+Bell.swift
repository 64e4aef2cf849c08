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
    package func bellEnd(_ host: HostName) async throws(CoordinationError) -> StreamPlace {
        try await end(keys.commands(host))
    }

    /// The place from which a host listens after each connect: a minute before the newest entry, so that a question which
    /// was asked while nobody listened is heard. Older ones are given up by who asked.
    package func bellStart(_ host: HostName) async throws(CoordinationError) -> StreamPlace {
        let end = try await bellEnd(host)
        guard let milliseconds = end.id.split(separator: "-").first.flatMap({ UInt64($0) }) else { return end }
        return StreamPlace(id: "\(milliseconds - min(milliseconds, 60_000))-0")
    }

    /// What a host's bell has rung behind a place, a part at a time, and moves the place; waits up to `wait` when there is
    /// nothing. A bell that was deleted and began anew is heard from its beginning.
    package func listen(
        _ host: HostName, behind place: inout StreamPlace, wait: Duration
    ) async throws(CoordinationError) -> [Bell] {
        try await read(keys.commands(host), behind: &place, wait: wait).map(Self.bell)
    }

    private static func bell(_ entry: StreamEntry) -> Bell {
        guard entry["v"] == ContractVersion.current else {
            return .malformed("contract version \(VisibleText(entry["v"].prefix(32)))")
        }
        guard entry["op"] == "ask" else {
            return Operation(rawValue: entry["op"]) == nil
                ? .malformed("op \(VisibleText(entry["op"].prefix(32)))") : .work
        }
        guard let id = try? RolloutID(entry["ask"]), let until = DecimalNumber.parse(entry["until"]) else {
            return .malformed("question without id or time")
        }
        return .question(id, until: Timestamp(milliseconds: until))
    }

    /// What is dispatched to a host and not accepted yet: the truth behind the bell.
    ///
    /// What stands there and names nothing dispatched is taken out by the script.
    ///
    /// - Parameters:
    ///   - host: the host.
    ///   - withOrder: whether an order that is alone shall come along; who can't take it now need not be sent it.
    /// - Returns: what waits for the host.
    /// - Throws: when Redis fails.
    package func pending(_ host: HostName, withOrder: Bool = true) async throws(CoordinationError) -> Pending {
        var found: [AttemptName: Int64] = [:]
        var dropped = 0
        var order: StoredOrder?
        var cursor = "0"
        repeat {
            let reply = try await run(.pending, [host.text, cursor, withOrder ? String(Order.maximumBytes) : "0"])
            guard reply.code == .ok else { throw reply.unexpected }
            cursor = reply[0]
            dropped += Int(DecimalNumber.parse(reply[1]) ?? 0)
            if case let text = reply.bytes(2), !text.isEmpty { order = .whole(text: text, signature: reply.bytes(3)) }
            for index in stride(from: 4, to: reply.words.count - 3, by: 4) {
                guard let rollout = try? RolloutID(reply[index]), let operation = Operation(rawValue: reply[index + 1]),
                    let number = DecimalNumber.parse(reply[index + 2])
                else { continue }
                let attempt = AttemptName(rollout: rollout, host: host, operation: operation, number: Int(number))
                found[attempt] = DecimalNumber.parse(reply[index + 3]) ?? 0
            }
        } while cursor != "0" && !cursor.isEmpty
        let newest = found.sorted { ($1.value, $0.key.description) < ($0.value, $1.key.description) }
        let attempts = newest.prefix(Pending.most).map(\.key)
        return Pending(attempts: attempts, order: attempts.count == 1 ? order : nil, dropped: dropped)
    }

    /// The text and the signature of an order, as submitted. Nothing of it is checked here but its size.
    package func orderText(_ id: RolloutID) async throws(CoordinationError) -> StoredOrder {
        let arguments = [id.text, String(Order.maximumBytes)].map { Array($0.utf8) }
        let reply = try await evaluate(.order, bytes: arguments, keys.rollout(id))
        switch reply.first?.text.flatMap(ScriptReply.init(rawValue:)) {
        case .ok where reply.count == 3: return .whole(text: reply[1].bytes ?? [], signature: reply[2].bytes ?? [])
        case .missing: return .missing
        case .tooLong where reply.count == 2: return .tooLong(reply[1].text.flatMap(DecimalNumber.parse) ?? 0)
        default: throw .contract("order", "replied \(VisibleText(reply.first?.text ?? "nothing"))")
        }
    }
}

/// What is dispatched to a host.
package struct Pending: Sendable, Equatable {
    /// Attempts at most: a host has less services than that, and what is left is still there the next time.
    static let most = 1000
    /// The attempts that wait, the newest first.
    package let attempts: [AttemptName]
    /// The order of the only attempt, where it came along; nil: ask ``Fleet/orderText(_:)``.
    package let order: StoredOrder?
    /// Entries that named nothing dispatched, and are gone.
    package let dropped: Int

    /// See the properties.
    package init(attempts: [AttemptName], order: StoredOrder? = nil, dropped: Int) {
        self.attempts = attempts
        self.order = order
        self.dropped = dropped
    }
}

/// The text of an order as Redis has it.
package enum StoredOrder: Sendable, Equatable {
    case missing
    /// Its bytes, more than an order may have; they were not read.
    case tooLong(Int64)
    case whole(text: [UInt8], signature: [UInt8])
}
