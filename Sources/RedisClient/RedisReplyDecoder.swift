// hiredis' reader keeps a buffer of its own. Whoever feeds it must feed everything that arrived and then call `next`
// until it gives nil: several replies may come from one feed, and no further feed may ever come. NIO's single-step
// decoder breaks that rule, since it stops asking once its own buffer is empty, and the replies left inside the reader
// stay there. So `RedisChannelHandler` feeds and drains itself.

private import CHiredis
private import Glibc

/// Bytes to replies, by hiredis' reader.
///
/// What hiredis leaves open is closed here and in `ReplyTally`: the size of a reply, the length of a line, the number of
/// elements, the depth of nesting, and types that are not RESP2's. So what a peer can make us hold is bounded by `limit`
/// bytes as they came, and `ReplyTally.elementLimit` elements made of them.
struct RedisReplyDecoder: ~Copyable {
    /// The longest line: a status, an error, a number or a length. Redis itself takes no longer one (PROTO_INLINE_MAX_SIZE
    /// in server.h), and hiredis looks for the end of a line from its beginning with every piece that arrives.
    static let lineLimit = 64 << 10

    private let reader: UnsafeMutablePointer<redisReader>
    /// The reader's functions with our hooks; lives as long as the reader.
    private let functions: UnsafeMutablePointer<redisReplyObjectFunctions>
    /// What the hooks know; lives as long as the reader.
    private let tally: UnsafeMutablePointer<ReplyTally>
    private let limit: Int
    /// Bytes of the reply that is not complete yet.
    private var incomplete = 0

    /// A decoder of replies of at most `limit` bytes.
    init(limit: Int) throws(RedisError) {
        guard let reader = redisReaderCreate(), let stock = reader.pointee.fn else {
            throw .protocolViolation("memory ran out before the first byte")
        }
        tally = .allocate(capacity: 1)
        tally.initialize(to: ReplyTally(stock: stock.pointee))
        functions = .allocate(capacity: 1)
        functions.initialize(to: ReplyTally.hooks(over: stock.pointee))
        reader.pointee.privdata = UnsafeMutableRawPointer(tally)
        reader.pointee.fn = functions
        self.reader = reader
        self.limit = limit
    }

    deinit {
        redisReaderFree(reader)
        functions.deallocate()
        tally.deinitialize(count: 1)
        tally.deallocate()
    }

    /// The bytes that are held and not given out yet.
    var heldBytes: Int { reader.pointee.len }

    /// Takes bytes as they came.
    mutating func feed(_ bytes: RawSpan) throws(RedisError) {
        let status = bytes.withUnsafeBytes { bytes in
            redisReaderFeed(reader, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        guard status == REDIS_OK else { throw violation }
        incomplete += bytes.byteCount
    }

    /// The next complete reply, or nil when more bytes are needed.
    ///
    /// - Throws: `protocolViolation`; the decoder is of no use afterwards.
    mutating func next() throws(RedisError) -> RedisValue? {
        var reply: UnsafeMutableRawPointer?
        guard redisReaderGetReply(reader, &reply) == REDIS_OK else { throw violation }
        guard let reply else {
            guard incomplete <= limit else { throw tooLarge }
            try judgeAwaited()
            return nil
        }
        defer { freeReplyObject(reply) }
        let unread = reader.pointee.len - reader.pointee.pos
        guard incomplete - unread <= limit else { throw tooLarge }
        incomplete = unread
        tally.pointee.elements = 0
        return try Self.copy(reply.assumingMemoryBound(to: redisReply.self).pointee)
    }

    /// Judges what hiredis waits for: the end of a line; or a bulk string, when the line with its length has come.
    private func judgeAwaited() throws(RedisError) {
        guard let buffer = reader.pointee.buf else { return }
        let start = UnsafeRawPointer(buffer).advanced(by: reader.pointee.pos)
        let unread = reader.pointee.len - reader.pointee.pos
        let line = UnsafeRawBufferPointer(start: start, count: min(unread, Self.lineLimit))
        guard let end = Self.endOfLine(line) else {
            guard unread <= Self.lineLimit else {
                throw .protocolViolation("a line has more than \(Self.lineLimit) bytes")
            }
            return
        }
        let length = line[..<end].reduce(0) { (sum: Int, digit: UInt8) in
            min(sum * 10 + Int(digit &- 0x30), limit + 1)
        }
        guard length <= limit else { throw tooLarge }
    }

    /// Where CR and LF stand. A loop over a piece of this size takes its time where nothing is optimized; memchr does not.
    private static func endOfLine(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard let start = bytes.baseAddress else { return nil }
        var from = 0
        while let found = memchr(start + from, 0x0D, bytes.count - from) {
            let end = UnsafeRawPointer(found) - start
            if end + 1 < bytes.count, bytes[end + 1] == 0x0A { return end }
            from = end + 1
        }
        return nil
    }

    private var tooLarge: RedisError { .protocolViolation("a reply has more than \(limit) bytes") }

    private var violation: RedisError {
        if let refusal = tally.pointee.refusal { return .protocolViolation(refusal) }
        return withUnsafeBytes(of: &reader.pointee.errstr) { text in
            .protocolViolation(String(decoding: text.prefix { $0 != 0 }, as: UTF8.self))
        }
    }

    private static func copy(_ reply: redisReply) throws(RedisError) -> RedisValue {
        switch reply.type {
        case REDIS_REPLY_STRING: return .bulk(Array(bytes(of: reply)))
        case REDIS_REPLY_STATUS: return .status(String(decoding: bytes(of: reply), as: UTF8.self))
        case REDIS_REPLY_ERROR:
            return .error(RedisReplyError(message: String(decoding: bytes(of: reply), as: UTF8.self)))
        case REDIS_REPLY_INTEGER: return .integer(reply.integer)
        case REDIS_REPLY_NIL: return .null
        case REDIS_REPLY_ARRAY:
            var elements: [RedisValue] = []
            elements.reserveCapacity(Int(reply.elements))
            for index in 0..<Int(reply.elements) {
                guard let element = reply.element?[index] else {
                    throw .protocolViolation("an array with a hole")
                }
                elements.append(try copy(element.pointee))
            }
            return .array(elements)
        // RESP3's types, which hiredis 1.x reads; HELLO 2 forbids them to the server.
        default: throw .protocolViolation("a reply of type \(reply.type) under RESP2")
        }
    }

    private static func bytes(of reply: redisReply) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: reply.str, count: Int(reply.len))
    }
}
