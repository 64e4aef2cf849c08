/// A refusal or a failure as a person reads it: the rule, what was found, and what to do about it.
package struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// The machine-readable reason.
    package var rule: Rule
    /// What was found, one line.
    package var message: String
    /// What mends it: a command or a sentence; may be empty.
    package var remedy: String

    /// A refusal by `rule`.
    package init(_ rule: Rule, _ message: String, remedy: String = "") {
        self.rule = rule
        self.message = message
        self.remedy = remedy
    }

    package var description: String { remedy.isEmpty ? message : "\(message); \(remedy)" }
}
