import DeployModel
import DeployProtocol
import RedisClient

/// How every stream is read: in pages whose size nobody else decides.
extension Fleet {
    /// Entries of one page at most.
    static let pageLength = 100

    /// What stands in a stream behind `cursor` (at first the empty text), a page at most; moves the cursor. Long values are cut.
    ///
    /// - Parameters:
    ///   - stream: the key.
    ///   - cursor: the last entry that was read.
    ///   - most: entries at most.
    /// - Returns: the entries; none when all are read.
    /// - Throws: when Redis fails, or the key holds another type.
    func page(
        _ stream: String, behind cursor: inout String, most: Int = Fleet.pageLength
    ) async throws(CoordinationError) -> [StreamEntry] {
        let arguments = [stream, cursor, String(most)].map { Array($0.utf8) }
        let reply = try await evaluate(.page, bytes: arguments, stream)
        guard reply.count >= 2, reply[0].text == "ok", let place = reply[1].text else {
            throw .contract("page", "replied \(VisibleText(reply.first?.text ?? "nothing"))")
        }
        cursor = place
        return Self.entries(reply[2...])
    }

    /// The newest entry's place, `0-0` where there is none.
    func end(_ stream: String) async throws(CoordinationError) -> String {
        var cursor = "$"
        _ = try await page(stream, behind: &cursor)
        return cursor
    }

    /// As `page`, and waits up to `wait` when there is nothing yet.
    ///
    /// Redis' BLOCK runs on the server's wall clock; the limit that counts is `wait` + 3 s of this machine's monotonic clock.
    /// What the wait brings is not looked at: it may be of any size, and the page gives it bounded.
    func read(
        _ stream: String, behind cursor: inout String, wait: Duration
    ) async throws(CoordinationError) -> [StreamEntry] {
        let entries = try await page(stream, behind: &cursor)
        guard entries.isEmpty, wait > .zero else { return entries }
        let milliseconds = String(max(1, HumanDuration(wait).milliseconds))
        let place = cursor.isEmpty ? "0-0" : cursor
        let news = try await call(
            ["XREAD", "COUNT", "1", "BLOCK", milliseconds, "STREAMS", stream, place], within: wait + .seconds(3))
        return news.isNull ? [] : try await page(stream, behind: &cursor)
    }

    /// `<id> <number of fields> [<name> <value>]...`, again and again.
    private static func entries(_ words: ArraySlice<RedisValue>) -> [StreamEntry] {
        var entries: [StreamEntry] = []
        var rest = words
        while let id = rest.popFirst()?.text, let count = rest.popFirst()?.text.flatMap({ Int($0) }), count >= 0,
            rest.count >= 2 * count
        {
            let flat = rest.prefix(2 * count).map { String(decoding: $0.bytes ?? [], as: UTF8.self) }
            rest = rest.dropFirst(2 * count)
            let fields = stride(from: 0, to: flat.count, by: 2).map {
                StreamEntry.Field(name: flat[$0], value: flat[$0 + 1])
            }
            entries.append(StreamEntry(id: id, fields: fields))
        }
        return entries
    }
}
