import ArgumentParser
import DeployModel
import SettingsFile

/// A word of the command line that should have been a subcommand.
enum MisspelledCommand {
    /// What is to be said of the first word that no command has where it stands; nil when every word is known, or none is near.
    static func suggestion(_ words: [String]) -> String? {
        var known = QtCtl.configuration.subcommands.map { $0.configuration }
        // `help` takes the names of commands itself.
        for word in words where word != "help" {
            guard !known.isEmpty, !word.hasPrefix("-") else { return nil }
            if let next = known.first(where: { $0.commandName == word }) {
                known = next.subcommands.map { $0.configuration }
                continue
            }
            return NearWord.of(word, among: known.compactMap(\.commandName)).map { near in
                "\"\(VisibleText(word))\" is no command; \(near) was meant?"
            }
        }
        return nil
    }
}
