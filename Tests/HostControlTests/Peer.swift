import DeployModel
import NIOCore
import NIOPosix

@testable import HostControl

/// Somebody who connects to a ``MetricsListener``, and says and reads what a test wants.
struct Peer: Sendable {
    private let channel: any Channel
    private let collected: EventLoopFuture<[UInt8]>

    /// Connects. Without `isReading`, what comes is not read before ``answer()``.
    static func connect(to address: MetricsAddress, isReading: Bool = true) async throws -> Peer {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let all = loop.makePromise(of: [UInt8].self)
        let bootstrap = ClientBootstrap(group: loop)
            .channelOption(.autoRead, value: isReading)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(CollectingHandler(all))
                }
            }
        do {
            let channel =
                switch address {
                case .unix(let path): try await bootstrap.connect(unixDomainSocketPath: path.text).get()
                case .loopback(let host, let port): try await bootstrap.connect(host: host, port: port).get()
                }
            return Peer(channel: channel, collected: all.futureResult)
        } catch {
            all.fail(error)
            throw error
        }
    }

    /// Sends a text; where the other end is closed already, nothing.
    func send(_ text: String) async throws {
        guard !text.isEmpty else { return }
        try? await channel.writeAndFlush(ByteBuffer(string: text)).get()
    }

    /// Everything that came, once the other end has closed the connection.
    func answer() async throws -> String {
        try? await channel.setOption(.autoRead, value: true).get()
        channel.read()
        return String(decoding: try await collected.get(), as: UTF8.self)
    }
}

private final class CollectingHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let all: EventLoopPromise<[UInt8]>
    private var bytes: [UInt8] = []

    init(_ all: EventLoopPromise<[UInt8]>) { self.all = all }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { bytes += unwrapInboundIn(data).readableBytesView }

    func channelInactive(context: ChannelHandlerContext) {
        all.succeed(bytes)
        context.fireChannelInactive()
    }

    /// A reset is an end like any other.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
