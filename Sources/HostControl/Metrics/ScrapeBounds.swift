internal import NIOCore

/// Bounds one connection of a ``MetricsListener``, before anything is parsed: what it may send, and how long it may last. Lives
/// on the channel's event loop.
final class ScrapeBounds: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var left: Int
    private let time: TimeAmount
    private var end: Scheduled<Void>?

    init(bytes: Int, time: TimeAmount) {
        left = bytes
        self.time = time
    }

    /// The end comes however busy the connection is: a peer that sends a byte a second is as idle as one that sends none, and
    /// one that does not read its answer holds the page in memory.
    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        end = context.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let isOver = left < 0
        left -= unwrapInboundIn(data).readableBytes
        if left >= 0 { return context.fireChannelRead(data) }
        guard !isOver else { return }
        let channel = context.channel
        let answer = ByteBuffer(
            string: "HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        context.writeAndFlush(wrapOutboundOut(answer)).whenComplete { _ in channel.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        end?.cancel()
        context.fireChannelInactive()
    }
}
