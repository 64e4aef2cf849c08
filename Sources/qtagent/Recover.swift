import ArgumentParser
import DeployAgent
import DeployModel
import HostControl
import Logging

/// `qtagent recover`: at boot, before the services.
struct Recover: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recover",
        abstract: "Makes the checkouts whole that a loss of power cut short. Run at boot, before the services.")

    @OptionGroup var file: ConfigurationFile

    func run() async throws {
        LoggingSystem.bootstrap { label in JournalLogHandler(label: label) }
        let recovery = BootRecovery(
            try file.load(), bootID: try ProcessTable().bootID(), runner: CommandRunner(),
            logger: Logger(label: "qtagent-recover"))
        guard await recovery.run() else { throw ArgumentParser.ExitCode(DeployModel.ExitCode.broken.rawValue) }
    }
}
