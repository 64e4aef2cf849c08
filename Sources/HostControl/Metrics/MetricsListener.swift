internal import DeployModel
internal import Glibc
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// Gives a page of metrics to whoever may connect: one GET a connection, over HTTP/1.
///
/// Peers are not trusted. Each connection is short, in bytes and in time, and there are few; more are closed at once. All of
/// them live on one event loop, so that no peer's haste takes more than a part of one thread.
package struct MetricsListener: Sendable {
    /// What peers may take.
    package struct Limits: Sendable {
        /// Connections at a time.
        package var connections = 16
        /// Bytes that one of them may send: a scrape's head has some hundreds.
        package var requestBytes = 8192
        /// How long one of them may last, whatever it does.
        package var time: Duration = .seconds(5)

        /// The limits that hold when nothing else is said.
        package init() {}
    }

    /// Where it listens, with the port that was free.
    package let address: MetricsAddress
    private let channel: any Channel

    /// Begins to listen.
    ///
    /// A socket file that nobody listens on any more, which a killed agent leaves behind, is replaced. The new one can be
    /// opened by its owner and its group only (mode 0660).
    ///
    /// - Parameters:
    ///   - address: where.
    ///   - limits: what peers may take.
    ///   - page: makes the page for each scrape; called on the event loop, so it must not wait.
    /// - Returns: the listener; ``run()`` it.
    /// - Throws: ``HostError/cannotListen(address:reason:)``.
    package static func listen(
        at address: MetricsAddress, limits: Limits = Limits(), page: @escaping @Sendable () -> String
    ) async throws(HostError) -> MetricsListener {
        do {
            let bootstrap = bootstrap(limits, page)
            switch address {
            case .unix(let path):
                try await removeLeftOver(path.text)
                let channel = try await bootstrap.bind(unixDomainSocketPath: path.text).get()
                guard chmod(path.text, 0o660) == 0 else {
                    let reason = SystemText.ofErrno()
                    channel.close(promise: nil)
                    throw MetricsListenerFault(text: "its mode can't be set: \(reason)")
                }
                return MetricsListener(address: address, channel: channel)
            case .loopback(let host, let port):
                let channel = try await bootstrap.bind(host: host, port: port).get()
                let own = MetricsAddress.loopback(host: host, port: channel.localAddress?.port ?? port)
                return MetricsListener(address: own, channel: channel)
            }
        } catch {
            throw .cannotListen(address: "\(address)", reason: MetricsListenerFault.text(of: error))
        }
    }

    /// Answers until the task is cancelled, or the socket is lost.
    package func run() async {
        await withTaskCancellationHandler {
            // How it ended is nobody's concern: who wants to go on listens again.
            try? await channel.closeFuture.get()
        } onCancel: {
            channel.close(promise: nil)
        }
    }

    private static func bootstrap(_ limits: Limits, _ page: @escaping @Sendable () -> String) -> ServerBootstrap {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let open = NIOLoopBoundBox.makeBoxSendingValue(0, eventLoop: loop)
        return ServerBootstrap(group: loop)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard open.value < limits.connections else { return channel.close(promise: nil) }
                    open.value += 1
                    channel.closeFuture.whenComplete { _ in open.value -= 1 }
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(ScrapeBounds(bytes: limits.requestBytes, time: TimeAmount(limits.time)))
                    try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: false)
                    try pipeline.addHandler(ScrapeHandler(page: page))
                }
            }
    }

    /// Removes a socket on which nobody listens any more; anything else under that name is somebody's.
    private static func removeLeftOver(_ path: String) async throws {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw MetricsListenerFault(text: "a file that is no socket is there")
        }
        do {
            let other = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(unixDomainSocketPath: path).get()
            other.close(promise: nil)
        } catch let error as IOError where error.errnoCode == ECONNREFUSED {
            guard unlink(path) == 0 || errno == ENOENT else {
                throw MetricsListenerFault(text: "the old socket can't be removed: \(SystemText.ofErrno())")
            }
            return
        }
        throw MetricsListenerFault(text: "another process listens there")
    }
}

/// Why there is no listener, where the system has no number for it.
private struct MetricsListenerFault: Error {
    let text: String

    static func text(of error: any Error) -> String {
        switch error {
        case let fault as MetricsListenerFault: fault.text
        case let error as IOError: SystemText.of(error.errnoCode)
        default: "\(error)"
        }
    }
}
