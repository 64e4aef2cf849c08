@testable import RedisClient

extension RedisClient {
    /// A call as a value, for one that runs beside the test.
    func outcome(_ words: String...) async -> Result<RedisValue, RedisError> {
        do throws(RedisError) {
            return .success(try await call(RedisCommand(words: words), within: .seconds(10)))
        } catch {
            return .failure(error)
        }
    }
}

extension Result where Success == RedisValue, Failure == RedisError {
    var value: RedisValue? { try? get() }

    var error: RedisError? {
        guard case .failure(let error) = self else { return nil }
        return error
    }
}
