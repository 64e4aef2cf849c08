/// A password for Redis. Every textual form of it, reflection included, is a row of asterisks of fixed length.
package struct RedisPassword: Sendable, Equatable {
    /// The bytes for AUTH; read by the handshake only.
    let secret: [UInt8]

    /// - Parameter text: the password as Redis expects it, without a final newline.
    package init(_ text: String) {
        secret = Array(text.utf8)
    }
}

extension RedisPassword: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Always the same mask.
    package var description: String { "********" }
    /// Always the same mask.
    package var debugDescription: String { description }
    /// A mirror without children, so that `dump` and the reflection of an enclosing value show nothing.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
