import DeployModel
import Glibc

/// Which streams take colour. Colour only underlines what words say already.
package struct Colors: Sendable, Equatable {
    private let isOnOutput: Bool
    private let isOnError: Bool

    /// What was asked for.
    package enum Choice: String, Sendable, CaseIterable {
        case auto, always, never
    }

    /// What a colour stands for.
    enum Meaning: String {
        case good = "32"
        case warning = "33"
        case bad = "31"
    }

    /// No colour anywhere.
    package static let none = Colors(isOnOutput: false, isOnError: false)

    init(isOnOutput: Bool, isOnError: Bool) {
        self.isOnOutput = isOnOutput
        self.isOnError = isOnError
    }

    /// Colour as chosen; `auto` gives it to terminals, unless NO_COLOR is set (no-color.org) or TERM is `dumb`.
    package init(_ choice: Choice, environment: [String: String]) {
        self.init(choice, environment: environment) { isatty($0) == 1 }
    }

    init(_ choice: Choice, environment: [String: String], isTerminal: (Int32) -> Bool) {
        switch choice {
        case .never: self = .none
        case .always: self.init(isOnOutput: true, isOnError: true)
        case .auto:
            let isWanted = environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
            self.init(
                isOnOutput: isWanted && isTerminal(STDOUT_FILENO), isOnError: isWanted && isTerminal(STDERR_FILENO))
        }
    }

    func onOutput(_ meaning: Meaning?, _ text: String) -> String { isOnOutput ? Self.paint(meaning, text) : text }
    func onError(_ meaning: Meaning?, _ text: String) -> String { isOnError ? Self.paint(meaning, text) : text }

    private static func paint(_ meaning: Meaning?, _ text: String) -> String {
        meaning.map { "\u{1B}[\($0.rawValue)m\(text)\u{1B}[0m" } ?? text
    }
}

extension Verdict {
    /// How a verdict is underlined.
    var meaning: Colors.Meaning {
        switch self {
        case .verified, .unchanged: .good
        case .reverted, .refused, .skipped, .unreachable: .warning
        case .failed, .revertFailed, .unknown: .bad
        }
    }
}
