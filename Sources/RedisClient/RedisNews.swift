internal import Logging

/// A change of a connection's state; what happens again and again while the state stays is no news.
enum RedisNews: Sendable, Equatable {
    case connected(RedisServerFacts)
    /// The connection was lost, or can't be made; told again only when the reason changes.
    case away(RedisError)

    /// One line, at info: a library does not know how bad it is.
    func log(to logger: Logger) {
        switch self {
        case .connected(let facts):
            logger.info(
                "Redis is connected",
                metadata: [
                    "redis.version": "\(facts.version)", "redis.run_id": "\(facts.runID.onOneLine)",
                    "redis.generation": "\(facts.generation)",
                ])
        case .away(let error):
            logger.info("Redis is away", metadata: ["redis.error": "\(error)"])
        }
    }
}
