internal import DeployModel
internal import NIOCore
internal import NIOHTTP1

/// Answers the one request of a connection of a ``MetricsListener``, and closes it. Lives on the channel's event loop.
final class ScrapeHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let page: @Sendable () -> String
    private var head: HTTPRequestHead?
    private var isAnswered = false

    init(page: @escaping @Sendable () -> String) { self.page = page }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end:
            // A second request on the same connection comes too late: the answer to the first one says so.
            guard let head, !isAnswered else { return }
            isAnswered = true
            answer(head, context)
        }
    }

    /// What is no HTTP was answered by the handler in front.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        isAnswered = true
        context.close(promise: nil)
    }

    private func answer(_ request: HTTPRequestHead, _ context: ChannelHandlerContext) {
        var headers: HTTPHeaders = ["Connection": "close"]
        var status = HTTPResponseStatus.ok
        var body = ByteBuffer()
        if request.uri.prefix(while: { $0 != "?" }) != "/metrics" {
            status = .notFound
        } else if request.method != .GET {
            status = .methodNotAllowed
            headers.add(name: "Allow", value: "GET")
        } else {
            headers.add(name: "Content-Type", value: PrometheusText.contentType)
            body.writeString(page())
        }
        headers.add(name: "Content-Length", value: "\(body.readableBytes)")
        let channel = context.channel
        context.write(
            wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers))), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
    }
}
