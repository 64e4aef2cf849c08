import Coordination
import DeployModel
import HostControl
import Logging
import ServiceLifecycle

/// Beats: says that the host is there and what runs on it, and fires the fleet's timers that fell due.
///
/// Looking and beating are two loops: a git or a systemd that hangs makes the facts old, and never the host silent.
struct BeatService: Service {
    let configuration: AgentConfiguration
    let identity: HostIdentity
    let fleet: Fleet
    let state: AgentState
    let survey: HostSurvey
    let tally: AgentTally
    let logger: Logger

    /// What changes within this time is told with one beat: a job that finds nothing to do begins and ends in less.
    private static let gathering: Duration = .milliseconds(50)

    func run() async throws {
        let latest = LatestFacts()
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await keepLooking(latest) }
                group.addTask { await keepBeating(latest) }
            }
        }
    }

    /// The facts of the last look.
    private actor LatestFacts {
        private(set) var facts: [ServiceFacts] = []

        /// Takes new facts; when they differ from the last ones, they are told at once.
        func replace(_ facts: [ServiceFacts], _ state: AgentState) async {
            let isNew = facts != self.facts
            self.facts = facts
            if isNew { await state.changed.signal() }
        }
    }

    /// Looks every 5 s, and at once when a job ends: a look costs a few child processes.
    private func keepLooking(_ latest: LatestFacts) async {
        var trouble: HostError?
        while !Task.isCancelled {
            do throws(HostError) {
                let facts = try await survey.facts()
                tally.note { $0.saw(facts, at: WallClock.now()) }
                await latest.replace(facts, state)
                trouble = nil
            } catch {
                if error != trouble {
                    logger.warning("services can't be looked at", metadata: ["host.error": "\(error)"])
                }
                trouble = error
            }
            _ = await state.worked.wait(atMost: .seconds(5))
        }
    }

    private func keepBeating(_ latest: LatestFacts) async {
        while !Task.isCancelled {
            await beat(await latest.facts)
            await state.showStatus()
            let isBusy = await state.current != nil
            let pause = isBusy ? min(.seconds(1), configuration.timings.beat) : configuration.timings.beat
            guard await state.changed.wait(atMost: pause) else { continue }
            try? await Task.sleep(for: Self.gathering)
            await state.changed.forget()
        }
    }

    private func beat(_ facts: [ServiceFacts]) async {
        let current = await state.current
        do throws(CoordinationError) {
            let reply = try await fleet.beat(
                Beat(
                    host: configuration.host, machineID: identity.machineID, bootID: identity.bootID,
                    agent: identity.agentVersion, state: await state.word, attempt: current?.attempt,
                    step: current?.step, labels: configuration.labels,
                    signatures: configuration.signatures.word, services: facts))
            tally.note { $0.beat(reply, at: WallClock.now()) }
            switch reply {
            case .heard(_, let due):
                if await state.beat(nil) { logger.info("beating") }
                await fireTimers(due)
            case .otherMachine(let bound):
                let trouble =
                    "the name \(configuration.host) belongs to machine \(bound), this is \(identity.machineID)"
                if await state.bond(trouble) {
                    logger.error("refused: another machine has this name", metadata: ["bond": "\(trouble)"])
                }
            }
        } catch {
            tally.note { $0.beat(nil, at: WallClock.now()) }
            guard await state.beat(error.description) else { return }
            logger.warning("beats do not arrive", metadata: ["redis.error": "\(error)"])
        }
    }

    /// Fires what is due. A fault here is not the beat's: a Redis that takes no new work still hears the host.
    private func fireTimers(_ due: Int) async {
        var left = min(due, 50)
        do throws(CoordinationError) {
            while left > 0, try await fleet.tick() > 0 { left -= 1 }
            if await state.timers(nil) { logger.info("timers fire") }
        } catch {
            guard await state.timers(error.description) else { return }
            logger.warning("timers do not fire", metadata: ["redis.error": "\(error)"])
        }
    }
}
