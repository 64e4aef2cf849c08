package import Coordination
import DeployModel
package import HostControl
package import Logging
package import ServiceLifecycle
import SystemPackage

/// The daemon: its services in the order in which they depend on each other. They are stopped from the last to the first, so
/// that a stopping agent takes nothing new, finishes its job, beats while it does, and publishes last.
package struct Agent {
    /// The connections of the agent: one for the bell, which blocks; one for claims and renewals, which must be quick; one for
    /// everything that is published.
    package struct Connections {
        var bell: Fleet
        var control: Fleet
        var publish: Fleet

        /// Three connections to one fleet.
        package init(bell: Fleet, control: Fleet, publish: Fleet) {
            self.bell = bell
            self.control = control
            self.publish = publish
        }
    }

    /// The services of an agent. `tally` is where the connections count their errors too.
    ///
    /// - Throws: when the state directory can't be used; the error names it.
    package static func services(
        _ configuration: AgentConfiguration, identity: HostIdentity, connections: Connections,
        runner: any CommandRunning, notifier: Notifier, tally: AgentTally, logger: Logger
    ) async throws -> [any Service] {
        let directory = FilePath(configuration.stateDirectory)
        let spool = try prepare(directory)
        let tools = HostTools(
            runner: runner, stateDirectory: configuration.stateDirectory, fetchLimit: configuration.timings.fetch)
        let memory = AgentMemory(stateDirectory: directory)
        let speech = Speech()
        let host = configuration.host
        let state = AgentState(notifier: notifier, fleet: configuration.fleet, host: host, speech: speech)
        let running = RunningCommits(tools: tools, memory: memory, bootID: identity.bootID)
        let (queue, questions, published) = (JobQueue(), QuestionQueue(), WakeUp())
        let complaints = Complaints(speech)
        return [ReadinessService(notifier: notifier, state: state)]
            + metrics(configuration, identity, tally, spool, speech, logger) + [
                PublishService(
                    host: host, machineID: identity.machineID, fleet: connections.publish, spool: spool,
                    wake: published,
                    complaints: complaints, logger: logger),
                BeatService(
                    configuration: configuration, identity: identity, fleet: connections.publish, state: state,
                    survey: HostSurvey(configuration: configuration, tools: tools, running: running), tally: tally,
                    logger: logger),
                JobService(
                    configuration: configuration, identity: identity, tools: tools, memory: memory,
                    fleet: connections.control, state: state, queue: queue, spool: spool, published: published,
                    complaints: complaints, tally: tally, logger: logger),
                LeftJobService(host: host, stateDirectory: configuration.stateDirectory, queue: queue),
                QuestionService(
                    host: host, fleet: connections.publish, queue: questions,
                    planner: PlanAnswer(configuration: configuration, tools: tools, running: running),
                    complaints: complaints, logger: logger),
                BellService(
                    host: host, fleet: connections.bell, state: state, jobs: queue, questions: questions,
                    complaints: complaints, published: published, logger: logger),
            ]
    }

    /// The service for metrics, where they are configured. It is stopped last but one, so that a scrape shows how a stopping agent
    /// finishes its job.
    private static func metrics(
        _ configuration: AgentConfiguration, _ identity: HostIdentity, _ tally: AgentTally, _ spool: ReportSpool,
        _ speech: Speech, _ logger: Logger
    ) -> [any Service] {
        guard let settings = configuration.metrics else { return [] }
        return [
            MetricsService(
                settings: settings, page: AgentPage(configuration, identity), tally: tally, spool: spool,
                speech: speech, logger: logger)
        ]
    }

    /// Makes the folders of the state directory.
    private static func prepare(_ directory: FilePath) throws -> ReportSpool {
        for name in ["jobs", "locks"] { try DurableFile.makeDirectory(directory.appending(name)) }
        let spool = ReportSpool(stateDirectory: directory)
        try spool.prepare()
        return spool
    }
}
