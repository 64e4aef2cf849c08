// hiredis' reader keeps a buffer of its own. Whoever feeds it must feed everything that arrived and then call `next`
// until it gives nil: several replies may come from one feed, and no further feed may ever come. NIO's single-step
// decoder breaks that rule, since it stops asking once its own buffer is empty, and the replies left inside the reader
// stay there. So `RedisChannelHandler` feeds and drains itself.

private import CHiredis

/// Bytes to replies, by hiredis' reader.
///
/// What hiredis leaves open is closed here: the size of a reply, the length of an array (the reader allocates for the
/// announced length before an element has come) and the depth of nesting (hiredis 1.x has no limit, and frees nested
/// replies recursively).
struct RedisReplyDecoder: ~Copyable {
    /// The longest array taken.
    static let arrayLimit = 1 << 20
    /// The deepest nesting taken: what hiredis 0.14 can read.
    static let depthLimit = 8

    private let reader: UnsafeMutablePointer<redisReader>
    /// The reader's functions with our `createArray`; lives as long as the reader.
    private let functions: UnsafeMutablePointer<redisReplyObjectFunctions>
    private let limit: Int
    /// Bytes of the reply that is not complete yet.
    private var incomplete = 0

    /// A decoder of replies of at most `limit` bytes.
    init(limit: Int) throws(RedisError) {
        guard let reader = redisReaderCreate(), let stock = reader.pointee.fn else {
            throw .protocolViolation("memory ran out before the first byte")
        }
        functions = .allocate(capacity: 1)
        functions.initialize(to: stock.pointee)
        // The closure's parameters have other types in hiredis 1.x; they are inferred, never written.
        functions.pointee.createArray = { task, count in
            guard let task, Int(count) <= RedisReplyDecoder.arrayLimit else { return nil }
            var depth = 1
            var parent = task.pointee.parent
            while let container = parent {
                depth += 1
                parent = container.pointee.parent
            }
            guard depth <= RedisReplyDecoder.depthLimit else { return nil }
            let stock = task.pointee.privdata?.assumingMemoryBound(to: redisReplyObjectFunctions.self)
            return stock?.pointee.createArray(task, count)
        }
        reader.pointee.privdata = UnsafeMutableRawPointer(stock)
        reader.pointee.fn = functions
        self.reader = reader
        self.limit = limit
    }

    deinit {
        redisReaderFree(reader)
        functions.deallocate()
    }

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
            guard incomplete <= limit else { throw .protocolViolation("a reply has more than \(limit) bytes") }
            return nil
        }
        defer { freeReplyObject(reply) }
        let unread = reader.pointee.len - reader.pointee.pos
        guard incomplete - unread <= limit else {
            throw .protocolViolation("a reply has more than \(limit) bytes")
        }
        incomplete = unread
        return try Self.copy(reply.assumingMemoryBound(to: redisReply.self).pointee)
    }

    private var violation: RedisError {
        guard reader.pointee.err != REDIS_ERR_OOM else {
            return .protocolViolation(
                "an array of over \(Self.arrayLimit) elements or nested over \(Self.depthLimit) deep, or out of memory")
        }
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
