import Coordination
import DeployModel
import HostControl
import Logging
import ServiceLifecycle

/// Beats: says that the host is there and what runs on it, and fires the fleet's timers that fell due.
struct BeatService: Service {
    let configuration: AgentConfiguration
    let identity: HostIdentity
    let fleet: Fleet
    let state: AgentState
    let survey: HostSurvey
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var facts: [ServiceFacts] = []
            var factsTime: ContinuousClock.Instant?
            while !Task.isCancelled {
                // Facts cost a few child processes: at most every 5 s, also while a job makes the beat quicker.
                if factsTime.map({ ContinuousClock.now - $0 >= .seconds(5) }) ?? true {
                    facts = await survey.facts()
                    factsTime = .now
                }
                await beat(facts)
                await state.showStatus()
                let isBusy = await state.current != nil
                let pause = isBusy ? min(.seconds(1), configuration.timings.beat) : configuration.timings.beat
                // A job that began or ended has changed what there is to tell.
                if await state.changed.wait(atMost: pause) { factsTime = nil }
            }
        }
    }

    private func beat(_ facts: [ServiceFacts]) async {
        let current = await state.current
        do throws(CoordinationError) {
            let reply = try await fleet.beat(
                Beat(
                    host: configuration.host, machineID: identity.machineID, bootID: identity.bootID,
                    agent: identity.agentVersion, state: await state.word, attempt: current?.attempt,
                    step: current?.step, services: facts, runID: try await fleet.server().runID))
            switch reply {
            case .heard(_, let due):
                if await state.bond(nil) { logger.info("beating") }
                try await fireTimers(due)
            case .otherMachine(let bound):
                let trouble =
                    "the name \(configuration.host) belongs to machine \(bound), this is \(identity.machineID)"
                if await state.bond(trouble) {
                    logger.error("refused: another machine has this name", metadata: ["bond": "\(trouble)"])
                }
            }
        } catch {
            logger.debug("beat not sent", metadata: ["redis.error": "\(error)"])
        }
    }

    private func fireTimers(_ due: Int) async throws(CoordinationError) {
        var left = min(due, 50)
        while left > 0, try await fleet.tick() > 0 { left -= 1 }
    }
}
