internal import NIOCore
internal import NIOHTTP1

/// Sends the one request of a connection and collects the answer. Lives on the channel's event loop.
final class MetricsHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let answer: EventLoopPromise<MetricsAnswer>
    private let request: HTTPRequestHead
    private let limits: (time: TimeAmount, body: Int)
    private var collected: MetricsAnswer?

    init(
        answer: EventLoopPromise<MetricsAnswer>, port: UInt16, path: String, limits: (time: TimeAmount, body: Int)
    ) {
        self.answer = answer
        self.limits = limits
        let headers: HTTPHeaders = [
            "Host": "127.0.0.1:\(port)", "Accept": "text/plain", "Connection": "close",
        ]
        request = HTTPRequestHead(version: .http1_1, method: .GET, uri: path, headers: headers)
    }

    func channelActive(context: ChannelHandlerContext) {
        let promise = answer
        let time = limits.time
        let channel = context.channel
        let deadline = context.eventLoop.scheduleTask(in: time) {
            promise.fail(MetricsFailure.timeLimit(time))
            channel.close(promise: nil)
        }
        answer.futureResult.whenComplete { _ in deadline.cancel() }
        context.write(wrapOutboundOut(.head(request)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): collected = MetricsAnswer(status: Int(head.status.code), body: [])
        case .body(let bytes):
            collected?.body += bytes.readableBytesView
            guard let size = collected?.body.count, size > limits.body else { return }
            fail(context, MetricsFailure.bodyLimit(limits.body))
        case .end:
            guard let collected else { return }
            answer.succeed(collected)
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        answer.fail(MetricsFailure.closedEarly)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { fail(context, error) }

    private func fail(_ context: ChannelHandlerContext, _ error: any Error) {
        answer.fail(error)
        context.close(promise: nil)
    }
}
