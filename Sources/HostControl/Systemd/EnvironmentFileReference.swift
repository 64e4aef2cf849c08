/// An `EnvironmentFile=` of a unit.
package struct EnvironmentFileReference: Sendable, Equatable {
    /// The file; may be a pattern with `*`, `?` or `[`.
    package var path: String
    /// Whether the unit starts without it (`EnvironmentFile=-/path`).
    package var mayBeMissing: Bool

    /// A reference; see the properties.
    package init(path: String, mayBeMissing: Bool) {
        self.path = path
        self.mayBeMissing = mayBeMissing
    }

    /// Takes what systemctl shows: `/path (ignore_errors=no)`.
    package init(shown text: String) {
        for (ending, mayBeMissing) in [(" (ignore_errors=no)", false), (" (ignore_errors=yes)", true)]
        where text.hasSuffix(ending) {
            self.init(path: String(text.dropLast(ending.count)), mayBeMissing: mayBeMissing)
            return
        }
        self.init(path: text, mayBeMissing: false)
    }
}
