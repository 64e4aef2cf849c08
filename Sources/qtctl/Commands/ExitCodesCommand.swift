import ArgumentParser
import DeployModel
import DeployOperator

/// `qtctl exit-codes`.
struct ExitCodesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exit-codes", abstract: "Lists the exit codes.",
        discussion: DeployModel.ExitCode.allCases.map { "\($0.rawValue)\t\($0.meaning)" }.joined(separator: "\n"))

    func run() {
        let console = Console(form: .text, isUTC: false)
        for code in DeployModel.ExitCode.allCases { console.show("\(code.rawValue)\t\(code.meaning)") }
    }
}
