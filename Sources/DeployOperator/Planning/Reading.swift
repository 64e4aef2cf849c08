import Coordination

/// Reads from the fleet, with its errors as the operator's.
func reading<Value>(
    _ body: () async throws(CoordinationError) -> Value
) async throws(OperatorError) -> Value {
    do throws(CoordinationError) { return try await body() } catch { throw .fleet(error) }
}
