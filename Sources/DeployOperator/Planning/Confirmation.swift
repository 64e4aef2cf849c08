import Glibc

/// A question with yes or no, for a person at a terminal.
package enum Confirmation {
    /// Whether somebody can be asked: both ends are a terminal.
    package static var isPossible: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

    /// Asks; anything but `y` or `yes` is no.
    package static func ask(_ question: String, _ console: Console) -> Bool {
        console.note(question + " [y/N]")
        let answer = readLine()?.lowercased() ?? ""
        return answer == "y" || answer == "yes"
    }
}
