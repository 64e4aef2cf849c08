import ArgumentParser
import DeployModel
import DeployOperator

/// `qtctl version`.
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Prints the version.")

    @Flag(help: "JSON lines on standard output.")
    var json = false

    func run() {
        let console = Console(form: json ? .json : .text, isUTC: false)
        console.show("qtctl \(ProductVersion.current)")
        console.show(JSONLine("version", [("version", .text(ProductVersion.current))]))
    }
}
