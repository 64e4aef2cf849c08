import DeployModel

/// A line of the files that this agent writes for itself: words between blanks, `<field>=<value>` with percent-encoded values.
/// By its bytes, since one of the values is a whole order.
struct FieldLine {
    /// The words without `=`.
    private(set) var bare: [String] = []
    private var values: [String: ArraySlice<UInt8>] = [:]

    /// Takes a line apart.
    init(_ line: ArraySlice<UInt8>) {
        for word in line.split(separator: UInt8(ascii: " ")) {
            if let equals = word.firstIndex(of: UInt8(ascii: "=")) {
                values[String(decoding: word[..<equals], as: UTF8.self)] = word[(equals + 1)...]
            } else {
                bare.append(String(decoding: word, as: UTF8.self))
            }
        }
    }

    /// A field's value; nil when it is not there, its escapes are broken or it is no UTF-8.
    subscript(field: String) -> String? { values[field].flatMap(PercentText.decode) }

    /// The line of these fields, without a line feed.
    static func text(of fields: [(String, String)], behind bare: String? = nil) -> String {
        let words = fields.map { "\($0.0)=\(PercentText.word.encode($0.1))" }
        return ((bare.map { [$0] } ?? []) + words).joined(separator: " ")
    }
}
