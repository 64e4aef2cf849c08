/// What a label is about: `role`, `rack`. A host says of itself which it has, in its `agent.yaml`.
package struct LabelKey: GrammarText {
    package static let noun = "label key"
    package static let grammar = "1 to 63 of a-z A-Z 0-9 - _ . /, beginning with a letter or digit"
    package let text: String
    package init(accepted: String) { text = accepted }
    private static let rest = ByteClass(ByteClass.lower + ByteClass.upper + ByteClass.digits + "-_./")
    package static func accepts(_ bytes: [UInt8]) -> Bool {
        bytes.matches(1...63, first: .alphanumeric, rest: rest)
    }
}

/// What a label says: `trading`, `b`.
package struct LabelValue: GrammarText {
    package static let noun = "label value"
    package static let grammar = "1 to 63 of a-z A-Z 0-9 - _ . / : @, beginning with a letter or digit"
    package let text: String
    package init(accepted: String) { text = accepted }
    private static let rest = ByteClass(ByteClass.lower + ByteClass.upper + ByteClass.digits + "-_./:@")
    package static func accepts(_ bytes: [UInt8]) -> Bool {
        bytes.matches(1...63, first: .alphanumeric, rest: rest)
    }
}
