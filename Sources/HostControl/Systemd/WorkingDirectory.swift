package import DeployModel

/// A unit's WorkingDirectory, as systemctl shows it.
package enum WorkingDirectory: Sendable, Equatable {
    /// The unit sets none: it runs in `/`.
    case empty
    /// `~`: the home of its user.
    case home
    /// A directory. With `ignoreMissing` (`WorkingDirectory=-/path`, which systemctl shows as `!/path`) the unit starts in
    /// `/` if it is missing.
    case path(CanonicalPath, ignoreMissing: Bool)
    /// A text that is no canonical path.
    case odd(String)

    /// Takes what systemctl shows. `-` is taken like `!`.
    package init(shown text: String) {
        if text.isEmpty {
            self = .empty
            return
        }
        let isOptional = text.hasPrefix("!") || text.hasPrefix("-")
        let path = isOptional ? text.dropFirst() : text[...]
        if path == "~" {
            self = .home
        } else if let path = try? CanonicalPath(path) {
            self = .path(path, ignoreMissing: isOptional)
        } else {
            self = .odd(text)
        }
    }
}
