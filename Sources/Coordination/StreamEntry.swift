package import DeployModel
import RedisClient

/// One entry of a stream: flat fields, by name. What was trimmed while it was read has no fields.
package struct StreamEntry: Hashable, Sendable {
    /// The entry's id, for reading on behind it.
    package let id: String
    /// The fields in the order in which they were written. Of a repeated name the last value counts.
    package let fields: [Field]

    /// A field and its value.
    package struct Field: Hashable, Sendable {
        /// The field's name.
        package let name: String
        /// Its value; bytes that are not UTF-8 show as U+FFFD.
        package let value: String
    }

    /// The value of a field, empty when it is missing.
    package subscript(name: String) -> String { fields.last { $0.name == name }?.value ?? "" }

    /// The server's time in the id.
    package var time: Timestamp {
        Timestamp(milliseconds: id.split(separator: "-").first.flatMap { DecimalNumber.parse($0) } ?? 0)
    }

    init(id: String, fields: [Field]) {
        self.id = id
        self.fields = fields
    }
}

/// A hash as Redis gives it: fields by name. Texts are as long as anything of ours is, at most.
struct HashFields {
    /// Characters of a text; what is longer is nobody's of us and is cut.
    static let longest = 16_384
    private let fields: [String: RedisValue]

    /// The fields of a HGETALL reply.
    init(_ value: RedisValue) {
        let flat = value.elements ?? []
        var fields: [String: RedisValue] = [:]
        for index in stride(from: 0, to: flat.count - flat.count % 2, by: 2) {
            fields[flat[index].text ?? ""] = flat[index + 1]
        }
        self.fields = fields
    }

    /// The fields of a HMGET reply for these names; those that the hash does not have are missing.
    init(_ names: [String], _ value: RedisValue) {
        var fields: [String: RedisValue] = [:]
        for (name, value) in zip(names, value.elements ?? []) where !value.isNull { fields[name] = value }
        self.fields = fields
    }

    var isEmpty: Bool { fields.isEmpty }
    var names: [String] { Array(fields.keys) }
    subscript(name: String) -> String {
        guard case .bulk(let bytes)? = fields[name], bytes.count > Self.longest else { return fields[name]?.text ?? "" }
        return String(decoding: bytes.prefix(Self.longest), as: UTF8.self)
    }
    func number(_ name: String) -> Int64? { DecimalNumber.parse(self[name]) }
}
