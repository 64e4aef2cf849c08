import DeployModel

/// A settings file that can't be used: what is wrong, and where.
package struct SettingsError: Error, Equatable, CustomStringConvertible {
    /// The file's path.
    package let file: String
    /// The line, from 1; nil for the file as a whole.
    package let line: Int?
    /// What is wrong and what to do.
    package let problem: String

    /// An error of a file.
    package init(file: String, line: Int?, problem: String) {
        self.file = file
        self.line = line
        self.problem = problem
    }

    package var description: String { file + (line.map { ":\($0)" } ?? "") + ": " + VisibleText(problem).description }
}
