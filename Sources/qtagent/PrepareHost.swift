import ArgumentParser
import DeployAgent
import DeployModel
import HostControl

/// `qtagent prepare-host`: what must stand on the host before the daemon starts. Its unit runs it outside of the daemon's
/// sandbox, so that the daemon itself needs no right to write unit files.
struct PrepareHost: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prepare-host",
        abstract: "Writes the drop-in that keeps services from starting on half a checkout.")

    @OptionGroup var file: ConfigurationFile

    func run() async throws {
        let configuration = try file.load()
        let dropIn = InterlockDropIn(stateDirectory: configuration.stateDirectory)
        let systemd = Systemd(runner: CommandRunner(), timeLimit: .seconds(60))
        switch try await dropIn.install(for: configuration.services.map(\.name), systemd: systemd) {
        case .inPlace: break
        case .installed(let units): print("start interlock written for \(units.joined(separator: ", "))")
        case .waiting(let service):
            StandardError.print(
                "start interlock written, but not loaded: the files of \(service.unit) were changed and systemd has not "
                    + "read them; look at the change, then run: systemctl daemon-reload")
        }
    }
}
