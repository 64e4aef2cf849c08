internal import DeployModel

/// The answer of `systemctl show` (systemctl(1)): lines `Name=value`, one block per unit, an empty line between blocks.
struct UnitProperties: Sendable, Equatable {
    /// The values of one unit, in their order; only list properties come more than once.
    let values: [String: [String]]

    /// Properties that systemctl prints once per element.
    static let lists: Set<String> = [
        "EnvironmentFiles", "ExecStart", "ExecCondition", "ExecStartPre", "ExecStartPost", "ExecStop", "ExecStopPost",
    ]

    /// Cuts an answer into its blocks. The only values with line breaks are commands (`{ path=... }`), whose arguments are
    /// printed as they are; such a value goes on to the line that closes the brace.
    ///
    /// - Returns: nil when a line is not `Name=value`, or a property that is no list comes twice: a value with a line break
    ///   in it could otherwise pass for a property.
    static func blocks(_ text: String) -> [UnitProperties]? {
        var blocks: [UnitProperties] = []
        var current: [String: [String]] = [:]
        var lines = text.pieces(between: "\n", omittingEmpty: false).makeIterator()
        while let line = lines.next() {
            guard !line.isEmpty else {
                if !current.isEmpty { blocks.append(UnitProperties(values: current)) }
                current = [:]
                continue
            }
            guard let equals = line.utf8.firstIndex(of: UInt8(ascii: "=")), line.startIndex < equals else { return nil }
            let name = String(line[..<equals])
            guard current[name] == nil || lists.contains(name) else { return nil }
            var value = String(line[line.utf8.index(after: equals)...])
            while value.hasPrefix("{ path="), !value.hasSuffix(" }") {
                guard let more = lines.next() else { return nil }
                value += "\n" + more
            }
            current[name, default: []].append(value)
        }
        if !current.isEmpty { blocks.append(UnitProperties(values: current)) }
        return blocks
    }

    /// A property's value; empty when systemctl did not print it.
    func text(_ name: String) -> String { values[name]?.first ?? "" }

    /// A list property's values, without empty ones.
    func list(_ name: String) -> [String] { (values[name] ?? []).filter { !$0.isEmpty } }

    func number<Number: FixedWidthInteger>(_ name: String) -> Number? { Number(text(name)) }
}
