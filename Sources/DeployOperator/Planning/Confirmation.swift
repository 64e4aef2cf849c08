import Glibc

/// A question with yes or no, for a person at a terminal.
package enum Confirmation {
    /// Whether somebody can be asked: both ends are a terminal.
    package static var isPossible: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

    /// Asks; anything but `y` or `yes` is no.
    ///
    /// - Parameters:
    ///   - question: what is asked.
    ///   - console: where.
    ///   - isPossible: false where nobody may be asked whatever stands at both ends.
    /// - Returns: whether the answer was yes.
    /// - Throws: ``OperatorError/usage(_:)`` when nobody can be asked.
    static func ask(_ question: String, _ console: Console, isPossible: Bool) throws(OperatorError) -> Bool {
        guard isPossible, Self.isPossible else {
            throw .usage("nobody can be asked here: repeat the command with --yes")
        }
        return ask(question, console)
    }

    /// As ``ask(_:_:isPossible:)``, where it was found before that somebody can be asked.
    static func ask(_ question: String, _ console: Console) -> Bool {
        console.note(question + " [y/N]")
        let answer = readLine()?.lowercased() ?? ""
        return answer == "y" || answer == "yes"
    }
}
