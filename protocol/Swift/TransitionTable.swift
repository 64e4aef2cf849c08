/// `protocol/states.tsv`: the one table of states. The scripts' table and STATES.md are made from the same file.
package struct TransitionTable: Sendable {
    /// One row.
    package struct Row: Hashable, Sendable {
        /// `job` or `rollout`.
        package let machine: String
        /// The state that the event finds.
        package let state: String
        /// What happens.
        package let event: String
        /// The condition, in words.
        package let guardText: String
        /// The state afterwards; nil when the event is refused.
        package let new: String?
        /// The reply's first word when the event or its guard says no.
        package let refusal: String
    }

    /// All rows, in the file's order.
    package let rows: [Row]

    /// The table of this contract version.
    package static let current = TransitionTable(bytes: EmbeddedScripts.states)

    init(bytes: [UInt8]) {
        rows = String(decoding: bytes, as: UTF8.self).split(separator: "\n").dropFirst().compactMap { line in
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 6 else { return nil }
            return Row(
                machine: fields[0], state: fields[1], event: fields[2], guardText: fields[3],
                new: fields[4] == "-" ? nil : fields[4], refusal: fields[5])
        }
    }
}
