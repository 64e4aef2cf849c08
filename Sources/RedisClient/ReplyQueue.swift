internal import NIOCore

/// The requests that were written to one connection, in order, and the replies collected for the first of them.
struct ReplyQueue: Equatable {
    /// A request whose replies are complete.
    struct Finished: Equatable {
        let id: UInt64
        let replies: [RedisValue]
        /// The caller is gone; nobody waits for the replies.
        let isAbandoned: Bool
    }

    /// What a reply meant.
    enum Arrival: Equatable {
        /// The first request waits for more.
        case partial
        /// The first request has all its replies.
        case finished(Finished)
        /// Nobody asked.
        case unexpected
    }

    private struct Entry: Equatable {
        let ticket: Lane.Ticket
        var replies: [RedisValue] = []
        var isAbandoned = false
    }

    private var entries = CircularBuffer<Entry>()

    /// The requests whose callers still wait, oldest first.
    var awaited: [UInt64] { entries.filter { !$0.isAbandoned }.map(\.ticket.id) }
    /// The requests whose callers are gone, oldest first.
    var abandoned: [UInt64] { entries.filter(\.isAbandoned).map(\.ticket.id) }

    /// A request was written.
    mutating func append(_ ticket: Lane.Ticket) {
        entries.append(Entry(ticket: ticket))
    }

    /// A reply arrived.
    mutating func receive(_ value: RedisValue) -> Arrival {
        guard !entries.isEmpty else { return .unexpected }
        let first = entries.startIndex
        entries[first].replies.append(value)
        guard entries[first].replies.count == entries[first].ticket.replies else { return .partial }
        let entry = entries.removeFirst()
        return .finished(Finished(id: entry.ticket.id, replies: entry.replies, isAbandoned: entry.isAbandoned))
    }

    /// The caller of a request is gone; its replies will be counted and dropped.
    ///
    /// - Returns: false when no such request is awaited.
    mutating func abandon(_ id: UInt64) -> Bool {
        guard let index = entries.firstIndex(where: { $0.ticket.id == id && !$0.isAbandoned }) else { return false }
        entries[index].isAbandoned = true
        return true
    }

    /// Whether the request was written and not yet answered.
    func contains(_ id: UInt64) -> Bool {
        entries.contains { $0.ticket.id == id }
    }
}
