import DeployModel
import DeployProtocol
import RedisClient

/// How every stream is read: in pages whose size nobody else decides.
extension Fleet {
    /// Entries of one page at most. A page holds Redis for some 25 us per entry, and nobody may hold it for 2 ms.
    static let pageLength = 50

    /// What stands in a stream behind a place, a page at most; moves the place. Long values are cut.
    ///
    /// - Parameters:
    ///   - stream: the key.
    ///   - place: how far was read.
    ///   - most: entries at most.
    /// - Returns: the entries; none when all are read.
    /// - Throws: when Redis fails, or the key holds another type.
    func page(
        _ stream: String, behind place: inout StreamPlace, most: Int = Fleet.pageLength
    ) async throws(CoordinationError) -> [StreamEntry] {
        let arguments = [stream, place.id, String(most)].map { Array($0.utf8) }
        let reply = try await evaluate(.page, bytes: arguments, stream)
        guard reply.count >= 3, reply[0].text == "ok", let id = reply[1].text else {
            throw .contract("page", "replied \(VisibleText(reply.first?.text ?? "nothing"))")
        }
        place.id = id
        place.isEnd = reply[2].text == "0"
        return Self.entries(reply[3...])
    }

    /// The newest entry's place, `0-0` where there is none.
    func end(_ stream: String) async throws(CoordinationError) -> StreamPlace {
        var place = StreamPlace(id: "$")
        _ = try await page(stream, behind: &place)
        return place
    }

    /// As `page`, and waits up to `wait` when there is nothing yet.
    ///
    /// Redis' BLOCK runs on the server's wall clock; the limit that counts is `wait` + 3 s of this machine's monotonic clock.
    /// What the wait brings may be of any size: where a page would cut something of it, the page is what counts.
    func read(
        _ stream: String, behind place: inout StreamPlace, wait: Duration
    ) async throws(CoordinationError) -> [StreamEntry] {
        if wait == .zero || !place.isEnd {
            let entries = try await page(stream, behind: &place)
            guard entries.isEmpty, wait > .zero else { return entries }
        }
        let milliseconds = String(max(1, HumanDuration(wait).milliseconds))
        let id = place.id.isEmpty ? "0-0" : place.id
        // Until a reply says so again: a stream that was deleted and began anew wakes nobody, and what wakes may be more than this
        // connection reads. Then the next call looks first.
        place.isEnd = false
        let news = try await call(
            ["XREAD", "COUNT", String(Self.pageLength), "BLOCK", milliseconds, "STREAMS", stream, id],
            within: wait + .seconds(3))
        if news.isNull { return [] }
        guard let entries = Self.shortEntries(news), let last = entries.last else {
            return try await page(stream, behind: &place)
        }
        place.id = last.id
        place.isEnd = entries.count < Self.pageLength
        return entries
    }

    /// What a page cuts: the fields of an entry, the bytes of a value, and those of a page.
    private static let most = (fields: 40, value: 16_384, bytes: 262_144)

    /// The entries in the reply of XREAD to one stream; nil when a page would cut something of them.
    private static func shortEntries(_ news: RedisValue) -> [StreamEntry]? {
        guard let streams = news.elements, streams.count == 1, let stream = streams[0].elements, stream.count == 2
        else { return nil }
        var entries: [StreamEntry] = []
        var bytes = 0
        for element in stream[1].elements ?? [] {
            guard let entry = element.elements, entry.count == 2, let id = entry[0].text,
                let words = entry[1].elements?.map({ $0.bytes ?? [] }), words.count <= 2 * most.fields,
                words.allSatisfy({ $0.count <= most.value })
            else { return nil }
            bytes += words.reduce(0) { $0 + $1.count }
            guard bytes <= most.bytes else { return nil }
            entries.append(StreamEntry(id: id, fields: fields(words)))
        }
        return entries
    }

    private static func fields(_ words: [[UInt8]]) -> [StreamEntry.Field] {
        stride(from: 0, to: words.count - words.count % 2, by: 2).map {
            StreamEntry.Field(
                name: String(decoding: words[$0], as: UTF8.self), value: String(decoding: words[$0 + 1], as: UTF8.self))
        }
    }

    /// `<id> <number of fields> [<name> <value>]...`, again and again.
    private static func entries(_ words: ArraySlice<RedisValue>) -> [StreamEntry] {
        var entries: [StreamEntry] = []
        var rest = words
        while let id = rest.popFirst()?.text, let count = rest.popFirst()?.text.flatMap({ Int($0) }), count >= 0,
            rest.count >= 2 * count
        {
            let words = rest.prefix(2 * count).map { $0.bytes ?? [] }
            rest = rest.dropFirst(2 * count)
            entries.append(StreamEntry(id: id, fields: fields(words)))
        }
        return entries
    }
}
