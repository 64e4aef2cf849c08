import HostControl
import ServiceLifecycle

/// Tells systemd that the agent is up, and that it stops. Up does not mean that Redis answers: an agent that waits for Redis
/// is where it should be, and its STATUS says so.
struct ReadinessService: Service {
    let notifier: Notifier
    let state: AgentState

    func run() async throws {
        notifier.ready()
        await state.showStatus()
        try? await gracefulShutdown()
        notifier.stopping()
    }
}
