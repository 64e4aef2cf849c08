import DeployModel
import SettingsFile

/// `config`: what is in force, and where it was said.
package struct ConfigView: Sendable {
    private let files: UserFiles
    private let console: Console

    /// The settings of one person.
    package init(files: UserFiles, console: Console) {
        self.files = files
        self.console = console
    }

    /// The settings in force. A password is never shown, only its file.
    package func show(_ settings: OperatorSettings) {
        var table = TextTable("SETTING", "VALUE", "SAID BY")
        for origin in settings.origins {
            table.add(origin.setting, origin.value, origin.place)
            console.show(
                JSONLine(
                    "setting",
                    [
                        ("setting", .text(origin.setting)), ("value", .text(origin.value)),
                        ("said_by", .text(origin.place)),
                    ]))
        }
        console.show(table.text)
        console.summary(exit: .good)
    }

    /// The contexts of the settings file; the one in use is marked.
    ///
    /// - Parameter named: the context that a flag or a variable names instead of the file's.
    /// - Throws: ``OperatorError/usage(_:)`` with the file's line.
    package func contexts(_ named: String?) throws(OperatorError) {
        guard let file = try files.settings() else {
            console.show("there is no settings file; README.md shows one")
            return console.summary(exit: .good)
        }
        try judging { () throws(SettingsError) in
            let contexts = try OperatorContexts(file.text, file: file.name)
            var current = named
            if current == nil { current = try contexts.currentName() }
            var table = TextTable("IN USE", "CONTEXT", "FLEET", "REDIS")
            for (name, value) in contexts.all.sorted(by: { $0.key < $1.key }) {
                let context = try OperatorSettings.Context(value)
                table.add(
                    name == current ? "*" : "", name, context.fleet?.text ?? "", context.redis?.text ?? "")
                console.show(
                    JSONLine(
                        "context",
                        [
                            ("context", .text(name)), ("fleet", .optional(context.fleet?.text)),
                            ("redis", .optional(context.redis?.text)), ("in_use", .flag(name == current)),
                        ]))
            }
            console.show(contexts.all.isEmpty ? "\(file.name) has no contexts" : table.text)
        }
        console.summary(exit: .good)
    }

    /// Makes another context the one in use: one line of the settings file changes.
    ///
    /// - Throws: ``OperatorError/usage(_:)`` when there is no such context, or the file can't be changed.
    package func use(_ name: String) throws(OperatorError) {
        guard let file = try files.settings() else { throw .usage("there is no settings file; README.md shows one") }
        let text = try judging { () throws(SettingsError) in
            try OperatorContexts(file.text, file: file.name).text(file.text, using: name)
        }
        try files.replaceSettings(file.name, with: text)
        console.show("context \(VisibleText(name)) is in use")
        console.summary(exit: .good)
    }

    private func judging<Value>(_ body: () throws(SettingsError) -> Value) throws(OperatorError) -> Value {
        do throws(SettingsError) { return try body() } catch { throw .usage(error.description) }
    }
}
