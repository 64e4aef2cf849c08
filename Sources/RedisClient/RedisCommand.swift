/// One command as Redis sees it: a name and its arguments, each any bytes.
package struct RedisCommand: Sendable, Equatable {
    /// Name and arguments; at least one.
    package var arguments: [[UInt8]]

    /// A command of words.
    package init(_ words: String...) {
        self.init(words: words)
    }

    /// A command of words.
    package init(words: [String]) {
        arguments = words.map { Array($0.utf8) }
    }

    /// A command of any bytes. An empty one is refused when it is sent.
    package init(arguments: [[UInt8]]) {
        self.arguments = arguments
    }

    /// The command's name for messages. Arguments are left out: they may be secret, and long.
    var name: String {
        guard let first = arguments.first else { return "(empty)" }
        return String(decoding: first.prefix(32), as: UTF8.self).uppercased().onOneLine
    }
}
