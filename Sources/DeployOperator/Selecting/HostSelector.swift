package import Coordination
package import DeployModel
import Glibc

/// A word that stands for hosts: a name, a pattern of names, or a label that they have.
package enum HostSelector: Hashable, Sendable, CustomStringConvertible {
    /// The host of this name.
    case name(HostName)
    /// Every host whose name fits, as a shell's pattern does (glob(7)).
    case pattern(String)
    /// Every host with this label, whose value fits the pattern.
    case label(LabelKey, String)

    /// Reads `h1`, `edge-*` or `role=trading`.
    ///
    /// - Throws: ``OperatorError/usage(_:)`` that shows the word and the three forms.
    package init(_ word: String) throws(OperatorError) {
        if let equals = word.firstIndex(of: "=") {
            guard let key = try? LabelKey(word[..<equals]), Self.isPattern(word[word.index(after: equals)...]) else {
                throw Self.wrong(word)
            }
            self = .label(key, String(word[word.index(after: equals)...]))
        } else if let name = try? HostName(word) {
            self = .name(name)
        } else if word.contains(where: { "*?[".contains($0) }), Self.isPattern(Substring(word)) {
            self = .pattern(word)
        } else {
            throw Self.wrong(word)
        }
    }

    /// What a pattern may hold: the characters of names and label values, and those of a glob.
    private static func isPattern(_ text: Substring) -> Bool {
        (1...200).contains(text.utf8.count)
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_./:@*?[]!^".contains($0)) }
    }

    private static func wrong(_ word: String) -> OperatorError {
        .usage(
            "\"\(VisibleText(word.prefix(200)))\" names no hosts: a host name (\(HostName.grammar)), a pattern (edge-*), "
                + "a label (role=trading), or a file of such words (@hosts.txt) is expected")
    }

    package var description: String {
        switch self {
        case .name(let name): name.text
        case .pattern(let pattern): pattern
        case .label(let key, let value): "\(key)=\(value)"
        }
    }

    /// Whether a host is meant.
    package func matches(_ host: HostRecord) -> Bool {
        switch self {
        case .name(let name): host.name == name
        case .pattern(let pattern): fnmatch(pattern, host.name.text, 0) == 0
        case .label(let key, let value): host.labels[key].map { fnmatch(value, $0.text, 0) == 0 } ?? false
        }
    }
}

extension [HostSelector] {
    /// The selectors of words of the command line; `@file` stands for the words of a file, of which `#` begins a remark.
    package static func read(_ words: [String]) throws(OperatorError) -> [HostSelector] {
        var selectors: [HostSelector] = []
        for word in words {
            guard word.hasPrefix("@") else {
                selectors.append(try HostSelector(word))
                continue
            }
            let path = String(word.dropFirst())
            guard let text = try UserFiles.read(path) else { throw .usage("\(path) does not exist") }
            let count = selectors.count
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { $0.prefix { $0 != "#" } }
            for (number, line) in lines.enumerated() {
                for word in line.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
                    do throws(OperatorError) { selectors.append(try HostSelector(String(word))) } catch {
                        throw .usage("\(path):\(number + 1): \(error)")
                    }
                }
            }
            // A file that came out empty must not come to mean every host.
            guard selectors.count > count else { throw .usage("\(path) names no host") }
        }
        return selectors
    }
}
