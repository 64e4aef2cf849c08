package import Logging
internal import NIOCore
internal import NIOPosix

/// A client with one socket: a lane on which calls travel in order.
///
/// Use a client of its own for blocking reads, so that they hold nobody up. The socket is made by the first call that
/// needs it and again by the first after its loss; one attempt serves all calls that wait, and between attempts lies a
/// jittered backoff. Deadlines run on the monotonic clock and include the wait for a connection. A cancelled call ends
/// at once, its reply is dropped when it comes, and other calls go on.
///
/// The actor runs on the event loop of its socket: what the socket says arrives as plain calls, without locks or tasks.
package actor RedisClient {
    typealias Answer = Result<[RedisValue], RedisError>

    struct Request {
        let name: String
        let limit: Duration
        let bytes: ByteBuffer
        let deadline: Scheduled<Void>
        /// Nil once the caller was told.
        var continuation: CheckedContinuation<Answer, Never>?
    }

    let configuration: RedisConfiguration
    let eventLoop: any EventLoop
    let dialer: RedisDialer
    let announce: @Sendable (RedisNews) -> Void
    let jitter: @Sendable (ClosedRange<Duration>) -> Duration

    var lane: Lane
    var requests: [UInt64: Request] = [:]
    var lastRequest: UInt64 = 0
    var channel: (any Channel)?
    var isFlushing = false
    /// Numbers attempts to connect; events of an earlier one are stale.
    var attempt: UInt64 = 0
    /// The attempt under way; nil when there is none, or when its handshake is done.
    var handshake: Handshake?
    var alarm: Scheduled<Void>?
    var facts: RedisServerFacts?
    var connects: UInt64 = 0
    /// The last error that was announced; nil while connected.
    var announced: RedisError?
    /// How the server addresses scripts, by their names; good for one content each.
    var knownScripts: [String: KnownScript] = [:]

    /// The event loop of the socket.
    package nonisolated var unownedExecutor: UnownedSerialExecutor { eventLoop.executor.asUnownedSerialExecutor() }

    /// Makes a client; nothing is connected yet. The logger gets a line, at info, when the connection comes or goes;
    /// without one the client is silent.
    package init(
        _ configuration: RedisConfiguration,
        logger: Logger = Logger(label: "redis", factory: { _ in SwiftLogNoOpLogHandler() })
    ) {
        var logger = logger
        logger[metadataKey: "redis.address"] = "\(configuration.address)"
        logger[metadataKey: "redis.client"] = "\(configuration.clientName)"
        self.init(configuration, dialer: .sockets, jitter: Backoff.evenly) { [logger] in $0.log(to: logger) }
    }

    /// A client with its own maker of sockets, way to draw the wait between attempts from its range, and ear for news.
    init(
        _ configuration: RedisConfiguration, dialer: RedisDialer,
        jitter: @escaping @Sendable (ClosedRange<Duration>) -> Duration,
        announce: @escaping @Sendable (RedisNews) -> Void
    ) {
        self.configuration = configuration
        self.dialer = dialer
        self.jitter = jitter
        self.announce = announce
        eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        lane = Lane(address: configuration.address, failFast: configuration.failFast)
    }

    deinit {
        alarm?.cancel()
        channel?.close(promise: nil)
    }

    /// Sends one command. The limit is the deadline, from now; for a blocking read the time of its BLOCK and 3 s more.
    ///
    /// - Throws: `reply` when the server answers with an error; else see `RedisError`.
    package func call(_ command: RedisCommand, within limit: Duration) async throws(RedisError) -> RedisValue {
        try Self.single(await exchange([command], until: .now() + TimeAmount(bounded: limit), limit: limit))
    }

    /// Sends commands in one go, without a transaction: other clients' commands may come in between.
    ///
    /// - Returns: one value per command, in order; error replies are values here. No commands: no values, no connection.
    package func pipeline(_ commands: [RedisCommand], within limit: Duration) async throws(RedisError) -> [RedisValue] {
        guard !commands.isEmpty else { return [] }
        return try await exchange(commands, until: .now() + TimeAmount(bounded: limit), limit: limit)
    }

    /// What the server said about itself when the present connection was made; connects when there is none. It does
    /// not ask a connected server again.
    package func facts(within limit: Duration) async throws(RedisError) -> RedisServerFacts {
        _ = try await exchange([], until: .now() + TimeAmount(bounded: limit), limit: limit)
        guard let facts else { throw .unreachable(configuration.address, reason: "the connection is gone again") }
        return facts
    }

    /// Closes the socket; calls that wait, and later ones, end with `closed`.
    package func close() async {
        let open = channel
        perform(lane.close())
        // Closing is all that is asked of the socket now; how it ended is nobody's concern.
        try? await open?.closeFuture.get()
    }

    /// The one reply of a one-command exchange.
    static func single(_ replies: [RedisValue]) throws(RedisError) -> RedisValue {
        guard let reply = replies.first else { throw .protocolViolation("no reply") }
        if case .error(let error) = reply { throw .reply(error) }
        return reply
    }

    /// Sends commands and waits for as many replies. `limit` is what the caller asked for, for the message.
    func exchange(
        _ commands: [RedisCommand], until deadline: NIODeadline, limit: Duration
    ) async throws(RedisError) -> [RedisValue] {
        var bytes = ByteBuffer()
        for command in commands { try RedisCommandEncoder.append(command, to: &bytes) }
        lastRequest += 1
        let id = lastRequest
        let name = commands.first?.name ?? "the handshake"
        return try await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let timer = schedule(at: deadline) { $0.perform($0.lane.deadline(id)) }
                requests[id] = Request(
                    name: name, limit: limit, bytes: bytes, deadline: timer, continuation: continuation)
                perform(lane.submit(Lane.Ticket(id: id, replies: commands.count)))
            }
        } onCancel: {
            // A task cancelled earlier runs this before the request is there; the event loop keeps the order.
            onLoop { $0.perform($0.lane.cancel(id)) }
        }.get()
    }
}
