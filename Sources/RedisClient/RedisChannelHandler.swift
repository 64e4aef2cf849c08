internal import NIOCore

/// What a connection tells its client, always on the connection's event loop.
enum RedisChannelEvent: Sendable, Equatable {
    case reply(RedisValue)
    /// The connection ended, or is of no more use.
    case ended(RedisChannelEnd)
}

/// Why a connection ended.
enum RedisChannelEnd: Sendable, Equatable {
    case closed(reason: String)
    case violated(RedisError)
    case insecure(RedisTLSFault)
}

/// The end of the pipeline: bytes that arrive become replies. Feeds and drains the decoder as it must be (see
/// `RedisReplyDecoder`). Bytes to send pass through as they are.
final class RedisChannelHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var decoder: RedisReplyDecoder
    private let tell: @Sendable (RedisChannelEvent) -> Void
    private var hasEnded = false

    /// A handler that takes replies of at most `replyLimit` bytes, and calls `tell` on the event loop for each reply
    /// and once for the end.
    init(replyLimit: Int, tell: @escaping @Sendable (RedisChannelEvent) -> Void) throws(RedisError) {
        decoder = try RedisReplyDecoder(limit: replyLimit)
        self.tell = tell
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasEnded else { return }
        do throws(RedisError) {
            try take(unwrapInboundIn(data))
        } catch {
            end(Self.isAlert(unwrapInboundIn(data)) ? .insecure(.notPlain) : .violated(error))
            context.close(promise: nil)
        }
    }

    /// Whether bytes that are no replies begin as an alert of TLS does (RFC 8446, 5.1).
    private static func isAlert(_ buffer: ByteBuffer) -> Bool { buffer.readableBytesView.starts(with: [21, 3]) }

    private func take(_ buffer: ByteBuffer) throws(RedisError) {
        try decoder.feed(buffer.readableBytesSpan)
        while !hasEnded, let value = try decoder.next() { tell(.reply(value)) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(.closed(reason: "the server closed it"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end((error as? RedisTLSFault).map { .insecure($0) } ?? .closed(reason: connectionReason(error)))
        context.close(promise: nil)
    }

    private func end(_ end: RedisChannelEnd) {
        guard !hasEnded else { return }
        hasEnded = true
        tell(.ended(end))
    }
}
