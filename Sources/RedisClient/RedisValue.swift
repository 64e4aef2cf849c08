/// One reply, or an element of one.
package enum RedisValue: Sendable, Equatable {
    /// A simple string such as `OK`. Bytes that are not UTF-8 are repaired with U+FFFD.
    case status(String)
    /// A bulk string: any bytes.
    case bulk([UInt8])
    /// A signed 64-bit integer.
    case integer(Int64)
    /// An array, nested at most eight deep.
    case array([RedisValue])
    /// The null bulk string or the null array.
    case null
    /// An error reply.
    case error(RedisReplyError)
}

extension RedisValue {
    /// The text of a status, or of a bulk string that is strictly valid UTF-8; otherwise nil. Nothing is repaired.
    package var text: String? {
        switch self {
        case .status(let text): text
        case .bulk(let bytes): String(validating: bytes, as: UTF8.self)
        case .integer, .array, .null, .error: nil
        }
    }

    /// The bytes of a bulk string or status; otherwise nil.
    package var bytes: [UInt8]? {
        switch self {
        case .status(let text): Array(text.utf8)
        case .bulk(let bytes): bytes
        case .integer, .array, .null, .error: nil
        }
    }

    /// An integer, or a bulk string that is wholly one in decimal, as scripts and hash fields carry numbers.
    package var integerValue: Int64? {
        switch self {
        case .integer(let value): value
        case .bulk: text.flatMap { $0.hasPrefix("+") ? nil : Int64($0) }
        case .status, .array, .null, .error: nil
        }
    }

    /// The elements of an array; otherwise nil.
    package var elements: [RedisValue]? {
        switch self {
        case .array(let elements): elements
        case .status, .bulk, .integer, .null, .error: nil
        }
    }

    /// Whether this is the null reply.
    package var isNull: Bool { self == .null }
}
