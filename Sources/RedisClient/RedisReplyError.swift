/// An error that the server replied.
package struct RedisReplyError: Error, Sendable, Equatable {
    /// The first word, for example `WRONGTYPE`.
    package let code: String
    /// The whole text, code included, as the server sent it; bytes that are not UTF-8 are repaired.
    package let message: String

    /// - Parameter message: the reply's text without the leading `-`.
    package init(message: String) {
        self.message = message
        code = String(message.prefix { $0 != " " })
    }

    /// What to do about it.
    package var kind: RedisErrorKind { RedisErrorKind(code: code, message: message) }
}

extension RedisReplyError: CustomStringConvertible {
    /// The message on one line, control characters made visible, cut to a readable length.
    package var description: String { message.onOneLine }
}
