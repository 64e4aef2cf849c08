/// A text that is judged later, by somebody who does not read YAML: it remembers where it was said.
package struct PlacedText: Sendable, Equatable {
    /// The text.
    package let text: String
    private let file: String
    private let line: Int?
    private let path: String

    /// A text from outside of any file.
    ///
    /// - Parameters:
    ///   - text: the text.
    ///   - name: of the variable or option that holds it, for errors.
    package init(_ text: String, from name: String) {
        self.text = text
        file = name
        line = nil
        path = ""
    }

    /// The text of a scalar.
    init(_ value: SettingsValue) throws(SettingsError) {
        let place = value.error("")
        text = try value.text()
        file = place.file
        line = place.line
        path = value.path
    }

    /// Where it was said: `QTCTL_FLEET`, or `config.yaml:4`.
    package var place: String { file + (line.map { ":\($0)" } ?? "") }

    /// An error about this text, with the place where it was said.
    package func error(_ problem: String) -> SettingsError {
        SettingsError(file: file, line: line, problem: (path.isEmpty ? "" : path + ": ") + problem)
    }
}

extension SettingsValue {
    /// The text of a scalar, for somebody else to judge.
    package func placed() throws(SettingsError) -> PlacedText { try PlacedText(self) }
}
