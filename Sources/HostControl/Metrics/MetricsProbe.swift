internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// What a metrics endpoint answered.
package struct MetricsAnswer: Sendable, Equatable {
    /// The HTTP status.
    package var status: Int
    /// The whole body.
    package var body: [UInt8]

    /// An answer; see the properties.
    package init(status: Int, body: [UInt8]) {
        self.status = status
        self.body = body
    }
}

/// One GET to a service on this host. It follows no redirect and speaks to nothing but 127.0.0.1.
package struct MetricsProbe: Sendable {
    /// How long connecting and answering may take together.
    package let timeLimit: Duration
    /// How long the body may be, in bytes.
    package let bodyLimit: Int

    /// A probe with these limits.
    package init(timeLimit: Duration, bodyLimit: Int) {
        self.timeLimit = timeLimit
        self.bodyLimit = bodyLimit
    }

    /// Asks once.
    ///
    /// - Parameters:
    ///   - port: On 127.0.0.1.
    ///   - path: The request's path; begins with `/`, printable ASCII without blanks.
    /// - Returns: The answer, whatever its status.
    /// - Throws: ``HostError/noMetrics(url:reason:)`` without a whole answer within the limits.
    package func get(port: UInt16, path: String) async throws(HostError) -> MetricsAnswer {
        let url = "http://127.0.0.1:\(port)\(path)"
        guard path.utf8.first == UInt8(ascii: "/"), path.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .noMetrics(url: url, reason: "the path must begin with / and have printable ASCII only")
        }
        let group = MultiThreadedEventLoopGroup.singleton
        let answer = group.any().makePromise(of: MetricsAnswer.self)
        let limits = (time: TimeAmount(timeLimit), body: bodyLimit)
        do {
            let channel = try await ClientBootstrap(group: answer.futureResult.eventLoop)
                .connectTimeout(limits.time)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHTTPClientHandlers()
                        try channel.pipeline.syncOperations.addHandler(
                            MetricsHandler(answer: answer, port: port, path: path, limits: limits))
                    }
                }
                .connect(host: "127.0.0.1", port: Int(port)).get()
            defer { channel.close(promise: nil) }
            return try await withTaskCancellationHandler {
                try await answer.futureResult.get()
            } onCancel: {
                channel.close(promise: nil)
            }
        } catch {
            // Without a connection nobody else completes it.
            answer.fail(error)
            throw .noMetrics(url: url, reason: MetricsFailure.text(of: error))
        }
    }
}

enum MetricsFailure: Error {
    case timeLimit(TimeAmount)
    case bodyLimit(Int)
    case closedEarly

    static func text(of error: any Error) -> String {
        switch error {
        case MetricsFailure.timeLimit(let time): "no whole answer within \(time.nanoseconds / 1_000_000) ms"
        case MetricsFailure.bodyLimit(let bytes): "the body is longer than \(bytes) bytes"
        case MetricsFailure.closedEarly, HTTPParserError.invalidEOFState:
            "the connection was closed before the whole answer"
        case let error as IOError: SystemText.of(error.errnoCode)
        case let error as NIOConnectionError:
            error.connectionErrors.first.map { text(of: $0.error) } ?? "no connection"
        case is ChannelError: "no connection within the limit"
        default: "not HTTP (\(error))"
        }
    }
}
