package import Coordination
import Synchronization

/// Where the agent's services leave what its metrics say. Noting is cheap, never waits, and is done whether or not metrics are
/// configured.
package final class AgentTally: Sendable {
    private let held = Mutex(AgentCounts())

    /// A tally that begins at nothing.
    package init() {}

    /// What was noted up to now.
    var counts: AgentCounts { held.withLock { $0 } }

    func note(_ change: (inout AgentCounts) -> Void) { held.withLock { change(&$0) } }

    /// Counts a call to Redis that failed.
    package func redisFailed(_ fault: CallFault) { note { $0.failed(fault) } }
}
