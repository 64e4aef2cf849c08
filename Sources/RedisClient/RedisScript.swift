/// A Lua script. The server addresses it by content, so versions of one script live side by side.
package struct RedisScript: Sendable, Equatable {
    /// For messages; the server never sees it.
    package let name: String
    /// The Lua text.
    package let source: [UInt8]
    /// Whether it writes nothing: then it is called so that a user without the right to write may call it (EVAL_RO).
    package let isReadOnly: Bool

    /// A script from its name and its Lua text.
    package init(name: String, source: [UInt8], isReadOnly: Bool = false) {
        self.name = name
        self.source = source
        self.isReadOnly = isReadOnly
    }
}
