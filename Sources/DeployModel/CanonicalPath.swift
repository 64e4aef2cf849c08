/// An absolute, normalised path: what systemd reports as a unit's WorkingDirectory, or where a file lies.
///
/// Printable ASCII without blanks only: the path stands in an order's line and in argv. A unit that runs from any other path
/// is refused by name, which is better than quoting rules that two programs must agree on.
package struct CanonicalPath: GrammarText {
    package static let noun = "canonical path"
    package static let grammar =
        "an absolute path of at most 1024 printable ASCII bytes without blanks, without //, /./, /../ or a / at its end"
    package let text: String
    package init(accepted: String) { text = accepted }
    package static func accepts(_ bytes: [UInt8]) -> Bool {
        guard (1...1024).contains(bytes.count), bytes.first == UInt8(ascii: "/"),
            bytes.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return false }
        if bytes.count == 1 { return true }
        return bytes.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy {
            !$0.isEmpty && !$0.elementsEqual(".".utf8) && !$0.elementsEqual("..".utf8)
        }
    }
}
