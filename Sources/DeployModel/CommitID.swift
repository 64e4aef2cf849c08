/// A full git object name: the only way a commit is named between machines.
package struct CommitID: GrammarText {
    package static let noun = "commit"
    package static let grammar = "a full object name: 40 or 64 of 0-9 a-f"
    package let text: String
    package init(accepted: String) { text = accepted }
    package static func accepts(_ bytes: [UInt8]) -> Bool {
        (bytes.count == 40 || bytes.count == 64) && bytes.allSatisfy(ByteClass.hexadecimal.contains)
    }
    /// The first 10 digits, for people; never sent anywhere.
    package var short: String { String(text.prefix(10)) }
}
