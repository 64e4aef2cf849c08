package import Coordination
import DeployModel

/// Whether and how the fleet can be asked from a command on the host.
package enum FleetAccess: Sendable {
    /// Over a connection that is made when it is needed.
    case open(Fleet)
    /// Not at all; why.
    case closed(String)
}

/// The lease of a deployment by hand: asked for, and never waited for. Looking and taking together take 2 s at most, whatever
/// Redis does.
actor HandLease {
    private let deployment: BreakGlassDeployment
    private let access: FleetAccess
    private var isHeld = false

    private static let patience: Duration = .seconds(1)
    /// The time between two signs of life; ten of them may be lost before the fleet gives the lease to others.
    private static let pause: Duration = .seconds(60)

    init(_ deployment: BreakGlassDeployment, _ access: FleetAccess) {
        self.deployment = deployment
        self.access = access
    }

    /// How the lease stands before anything is done, in words.
    func look() async -> String {
        let services = deployment.order.lines(of: deployment.host).flatMap(\.services)
        switch access {
        case .closed(let why): return Self.without(why)
        case .open(let fleet):
            do throws(CoordinationError) {
                guard let holder = try await fleet.holder(of: services, within: Self.patience) else { return "free" }
                return "\(holder); it is not waited for"
            } catch { return Self.without("\(error)") }
        }
    }

    /// Takes it.
    ///
    /// - Returns: what came of it, in words.
    func take() async -> String {
        switch access {
        case .closed(let why): return Self.without(why)
        case .open(let fleet):
            do throws(CoordinationError) {
                return words(try await fleet.holdByHand(deployment, within: Self.patience))
            } catch { return Self.without("\(error)") }
        }
    }

    /// Prolongs it until the task is cancelled. The report gives it back.
    func keepHolding() async {
        guard case .open(let fleet) = access else { return }
        while (try? await Task.sleep(for: Self.pause)) != nil {
            // Without an answer it lasts for nine minutes more, and the deployment goes on without it too.
            if isHeld { _ = try? await fleet.holdByHand(deployment, within: Self.patience) }
        }
    }

    private func words(_ reply: HandLeaseReply) -> String {
        switch reply {
        case .held:
            isHeld = true
            return "held as \(deployment.order.id.breakGlassShort)"
        case .taken(let holder): return "\(holder); going on without it"
        case .onHold: return Self.without("Redis lost its memory a moment ago and gives no lease yet")
        case .closed(let why): return Self.without(why)
        case .refused(let refusal): return Self.without("\(refusal)")
        }
    }

    private static func without(_ why: String) -> String { "going on without one: \(VisibleText(why))" }
}
