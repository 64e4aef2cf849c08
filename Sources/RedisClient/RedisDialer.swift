private import Glibc
internal import NIOCore
internal import NIOPosix
internal import NIOSSL

/// Makes sockets.
struct RedisDialer: Sendable {
    /// What one attempt needs.
    struct Attempt: Sendable {
        let address: RedisAddress
        let tls: RedisTLS?
        let limit: Duration
        let replyLimit: Int
        let eventLoop: any EventLoop
        let tell: @Sendable (RedisChannelEvent) -> Void
    }

    /// Begins an attempt; the future is fulfilled on the attempt's event loop.
    let dial: @Sendable (Attempt) -> EventLoopFuture<any Channel>

    /// Real sockets.
    static let sockets = RedisDialer { attempt in
        let bootstrap = ClientBootstrap(group: attempt.eventLoop)
            .connectTimeout(TimeAmount(bounded: attempt.limit))
            .channelInitializer { assemble($0, for: attempt) }
        let socket =
            switch attempt.address {
            case .tcp(let host, let port): liveness(of: bootstrap).connect(host: host, port: port)
            case .unix(let path): bootstrap.connect(unixDomainSocketPath: path)
            }
        guard attempt.tls != nil else { return socket }
        return socket.flatMap { secure($0, for: attempt) }
    }

    /// The pipeline, from the socket to the replies. TLS goes before the handler, and without it there is no connection.
    private static func assemble(_ channel: any Channel, for attempt: Attempt) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            if let tls = attempt.tls {
                let security = try NIOSSLClientHandler(context: tls.context, serverHostname: tls.name)
                try pipeline.addHandler(security)
                try pipeline.addHandler(RedisTLSHandler(tls, behind: security, on: channel.eventLoop))
            }
            let handler = try RedisChannelHandler(replyLimit: attempt.replyLimit, tell: attempt.tell)
            try pipeline.addHandler(handler)
        }
    }

    /// The channel once the server has proved who it is. One that has not in time, or can't, is closed.
    private static func secure(_ channel: any Channel, for attempt: Attempt) -> EventLoopFuture<any Channel> {
        let secured: EventLoopFuture<Void>
        do {
            secured = try channel.pipeline.syncOperations.handler(type: RedisTLSHandler.self).secured
        } catch {
            secured = channel.eventLoop.makeFailedFuture(error)
        }
        let deadline = channel.eventLoop.scheduleTask(in: TimeAmount(bounded: attempt.limit)) {
            channel.close(promise: nil)
        }
        secured.whenComplete { result in
            deadline.cancel()
            if case .failure = result { channel.close(promise: nil) }
        }
        return secured.map { channel }
    }

    /// A dead peer or a NAT that forgot the connection is noticed within 30 s without traffic (tcp(7): first probe
    /// after 15 s, then every 5 s, three in all) and within 20 s when sent bytes are not acknowledged.
    private static func liveness(of bootstrap: ClientBootstrap) -> ClientBootstrap {
        func tcp(_ name: CInt) -> ChannelOptions.Types.SocketOption {
            ChannelOptions.Types.SocketOption(level: .tcp, name: NIOBSDSocket.Option(rawValue: name))
        }
        return
            bootstrap
            .channelOption(tcp(TCP_NODELAY), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(tcp(TCP_KEEPIDLE), value: 15)
            .channelOption(tcp(TCP_KEEPINTVL), value: 5)
            .channelOption(tcp(TCP_KEEPCNT), value: 3)
            .channelOption(tcp(TCP_USER_TIMEOUT), value: 20_000)
    }
}

/// A socket's error in an operator's words: of all addresses that a name has, the first one's.
func connectionReason(_ error: any Error) -> String {
    switch error {
    case let error as IOError:
        return String(cString: strerror(error.errnoCode))
    case let error as NIOConnectionError:
        if let first = error.connectionErrors.first { return connectionReason(first.error) }
        return "the name \(error.host) is not known (\(error.dnsAError ?? error.dnsAAAAError ?? error))"
    case ChannelError.connectTimeout(let limit):
        return "no answer within \(limit.nanoseconds / 1_000_000) ms"
    default:
        return "\(error)"
    }
}

extension TimeAmount {
    /// A duration of at most ten years, so that adding it to a clock never overflows.
    init(bounded duration: Duration) {
        self = TimeAmount(min(max(duration, .zero), .seconds(10 * 366 * 86_400)))
    }
}
