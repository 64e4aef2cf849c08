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

    init?(_ value: RedisValue) {
        guard let parts = value.elements, let id = parts.first?.text else { return nil }
        self.id = id
        let flat = (parts.count > 1 ? parts[1].elements : nil) ?? []
        var fields: [Field] = []
        for index in stride(from: 0, to: flat.count - flat.count % 2, by: 2) {
            fields.append(Field(name: flat[index].text ?? "", value: flat[index + 1].text ?? ""))
        }
        self.fields = fields
    }

    /// The entries of an XRANGE or XREVRANGE reply.
    static func list(_ value: RedisValue) -> [StreamEntry] { (value.elements ?? []).compactMap(StreamEntry.init) }

    /// The entries of an XREAD reply over one stream; a reply that ran out of time is null.
    static func read(_ value: RedisValue) -> [StreamEntry] {
        guard let stream = value.elements?.first?.elements, stream.count == 2 else { return [] }
        return list(stream[1])
    }
}

/// A hash as Redis gives it: fields by name.
struct HashFields {
    private let fields: [String: RedisValue]

    init(_ value: RedisValue) {
        let flat = value.elements ?? []
        var fields: [String: RedisValue] = [:]
        for index in stride(from: 0, to: flat.count - flat.count % 2, by: 2) {
            fields[flat[index].text ?? ""] = flat[index + 1]
        }
        self.fields = fields
    }

    var isEmpty: Bool { fields.isEmpty }
    var names: [String] { Array(fields.keys) }
    subscript(name: String) -> String { fields[name]?.text ?? "" }
    func number(_ name: String) -> Int64? { DecimalNumber.parse(self[name]) }
    func bytes(_ name: String) -> [UInt8] { if case .bulk(let bytes)? = fields[name] { bytes } else { [] } }
}
