import Coordination
import DeployModel
package import HostControl
package import Logging
import SystemPackage

/// What `qtagent recover` does at boot, before the services start: every tree that a loss of power left in the middle of a
/// checkout becomes one whole commit again. The verdict of the job is the daemon's, later.
package struct BootRecovery: Sendable {
    private let configuration: AgentConfiguration
    private let bootID: String
    private let tools: HostTools
    private let logger: Logger

    /// The recovery of this host.
    package init(
        _ configuration: AgentConfiguration, bootID: String, runner: any CommandRunning, logger: Logger
    ) {
        self.configuration = configuration
        self.bootID = bootID
        self.logger = logger
        tools = HostTools(
            runner: runner, stateDirectory: configuration.stateDirectory, fetchLimit: configuration.timings.fetch)
    }

    /// Recovers the trees of all jobs that have no end.
    ///
    /// - Returns: whether every tree is whole. The services of one that is not stay down, and the log says why.
    package func run() async -> Bool {
        let directory = FilePath(configuration.stateDirectory)
        let memory = AgentMemory(stateDirectory: directory)
        let jobs = directory.appending("jobs")
        var isWhole = true
        for name in DurableFile.names(in: jobs) {
            guard let attempt = AttemptName(journal: name, host: configuration.host) else { continue }
            do {
                let progress = JobProgress(try JobJournal.resume(attempt, in: jobs).records)
                guard progress.verdict == nil, !progress.isUntouched else { continue }
                let recovery = TreeRecovery(
                    configuration: configuration, tools: tools, memory: memory, bootID: bootID, logger: logger)
                _ = try await recovery.recover(try Order(text: progress.order), progress, attempt)
            } catch Errno.wouldBlock {
                // A living process works on it, and brings it to its end.
                continue
            } catch {
                isWhole = false
                logger.critical(
                    "a tree can't be made whole: its services stay down, a person is needed",
                    metadata: ["job": "\(attempt)", "error": "\(error)"])
            }
        }
        return isWhole
    }
}
