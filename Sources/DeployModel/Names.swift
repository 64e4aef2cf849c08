/// The fleet: part of every key and of every order. There is no default.
package struct FleetName: GrammarText {
    package static let noun = "fleet name"
    package static let grammar = "1 to 32 of a-z 0-9 -, beginning with a letter or digit"
    package let text: String
    package init(accepted: String) { text = accepted }
    private static let rest = ByteClass(ByteClass.lower + ByteClass.digits + "-")
    package static func accepts(_ bytes: [UInt8]) -> Bool {
        bytes.matches(1...32, first: .lowerAlphanumeric, rest: rest)
    }
}

/// A host of the fleet, as its agent's configuration names it. Without glob characters, so that an ACL can name it.
package struct HostName: GrammarText {
    package static let noun = "host name"
    package static let grammar = "1 to 63 of a-z 0-9 -, beginning with a letter or digit"
    package let text: String
    package init(accepted: String) { text = accepted }
    private static let rest = ByteClass(ByteClass.lower + ByteClass.digits + "-")
    package static func accepts(_ bytes: [UInt8]) -> Bool {
        bytes.matches(1...63, first: .lowerAlphanumeric, rest: rest)
    }
}

/// A systemd service unit without its `.service`. Of systemd.unit(5)'s unit names, those without a backslash:
/// an escaped name has no place in an order's line.
package struct ServiceName: GrammarText {
    package static let noun = "service name"
    package static let grammar =
        "1 to 128 of a-z A-Z 0-9 : - _ . @, beginning with a letter or digit, without the ending .service"
    package let text: String
    package init(accepted: String) { text = accepted }
    private static let rest = ByteClass(ByteClass.lower + ByteClass.upper + ByteClass.digits + ":-_.@")
    package static func accepts(_ bytes: [UInt8]) -> Bool {
        bytes.matches(1...128, first: .alphanumeric, rest: rest) && !bytes.ends(with: ".service")
    }
    /// The unit's full name, as systemctl takes it.
    package var unit: String { text + ".service" }
}

/// The name that hosts' configurations give a repository.
package struct SourceName: GrammarText {
    package static let noun = "source name"
    package static let grammar = "1 to 64 of a-z A-Z 0-9 - _ ., beginning with a letter or digit"
    package let text: String
    package init(accepted: String) { text = accepted }
    private static let rest = ByteClass(ByteClass.lower + ByteClass.upper + ByteClass.digits + "-_.")
    package static func accepts(_ bytes: [UInt8]) -> Bool {
        bytes.matches(1...64, first: .alphanumeric, rest: rest)
    }
}

/// The name of a git remote, `origin` for most.
package struct RemoteName: GrammarText {
    package static let noun = "git remote's name"
    package static let grammar = "1 to 64 of a-z A-Z 0-9 - _ ., beginning with a letter or digit"
    package let text: String
    package init(accepted: String) { text = accepted }
    private static let rest = ByteClass(ByteClass.lower + ByteClass.upper + ByteClass.digits + "-_.")
    package static func accepts(_ bytes: [UInt8]) -> Bool {
        bytes.matches(1...64, first: .alphanumeric, rest: rest)
            && !bytes.contains(".."[...]) && !bytes.ends(with: ".lock")
    }
}

/// A branch, without `refs/heads/`. A subset of git-check-ref-format(1): no byte that git, a shell or a glob could read
/// as anything but a name.
package struct BranchName: GrammarText {
    package static let noun = "branch name"
    package static let grammar =
        "1 to 200 of a-z A-Z 0-9 - _ . /, beginning with a letter or digit, no part that begins or ends with . or ends "
        + "with .lock, no .. or //, no / at the end"
    package let text: String
    package init(accepted: String) { text = accepted }
    private static let rest = ByteClass(ByteClass.lower + ByteClass.upper + ByteClass.digits + "-_./")
    package static func accepts(_ bytes: [UInt8]) -> Bool {
        guard bytes.matches(1...200, first: .alphanumeric, rest: rest), !bytes.contains(".."[...]) else { return false }
        return bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy { part in
            guard let first = part.first, let last = part.last else { return false }
            return first != UInt8(ascii: ".") && last != UInt8(ascii: ".") && !Array(part).ends(with: ".lock")
        }
    }
}

/// Who submits: the operator's name as streams and refusals show it. Without a signature it is what the client says.
package struct OperatorName: GrammarText {
    package static let noun = "operator name"
    package static let grammar = "1 to 128 of a-z A-Z 0-9 - _ . @ +, beginning with a letter or digit"
    package let text: String
    package init(accepted: String) { text = accepted }
    private static let rest = ByteClass(ByteClass.lower + ByteClass.upper + ByteClass.digits + "-_.@+")
    package static func accepts(_ bytes: [UInt8]) -> Bool {
        bytes.matches(1...128, first: .alphanumeric, rest: rest)
    }
}

extension [UInt8] {
    func ends(with suffix: String) -> Bool {
        count >= suffix.utf8.count && self.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
    }

    func contains(_ part: Substring) -> Bool {
        let wanted = Array<UInt8>(part.utf8)
        guard count >= wanted.count else { return false }
        return (0...(count - wanted.count)).contains { self[$0..<($0 + wanted.count)].elementsEqual(wanted) }
    }
}
