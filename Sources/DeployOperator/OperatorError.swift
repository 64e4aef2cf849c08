package import Coordination
package import DeployModel

/// Why a command of the operator did not do what was asked. Each says what to do next.
package enum OperatorError: Error, Equatable, CustomStringConvertible {
    /// Wrong words, settings or surroundings: nothing was asked of the fleet.
    case usage(String)
    /// The fleet or a host said no before anything was touched.
    case refused([TargetRefusal])
    /// As ``refused(_:)``, and the refusals were shown with the plan.
    case refusedAsShown([TargetRefusal])
    /// Redis is away, or what stands there is not of this contract.
    case fleet(CoordinationError)
    /// The order was sent, and whether it was taken is not known.
    case unsure(RolloutID, CoordinationError)
    /// The rollout was followed, and Redis stayed away.
    case outOfSight(RolloutID, CoordinationError)
    /// Redis has no rollout of this id: it never was taken, or Redis lost it.
    case lost(RolloutID)

    /// A refusal, and whom it concerns.
    package struct TargetRefusal: Hashable, Sendable {
        /// The host, or nil for the whole order.
        package var host: String?
        /// The service, or nil for the whole host.
        package var service: String?
        /// What was found and what mends it.
        package var refusal: Refusal

        /// A refusal; see the properties.
        package init(host: String? = nil, service: String? = nil, _ refusal: Refusal) {
            self.host = host
            self.service = service
            self.refusal = refusal
        }
    }

    /// One refusal of the whole order.
    static func refused(_ refusal: Refusal) -> OperatorError { .refused([TargetRefusal(refusal)]) }

    /// What the command exits with.
    package var exitCode: ExitCode {
        switch self {
        case .usage: .usage
        case .refused(let all), .refusedAsShown(let all):
            all.contains { $0.refusal.rule.isPermission } ? .notPermitted : .refused
        case .fleet, .unsure, .outOfSight, .lost: .broken
        }
    }

    /// The rollout that the error is about.
    package var rollout: RolloutID? {
        switch self {
        case .usage, .refused, .refusedAsShown, .fleet: nil
        case .unsure(let id, _), .outOfSight(let id, _), .lost(let id): id
        }
    }

    package var description: String {
        switch self {
        case .usage(let text): text
        case .refused(let all), .refusedAsShown(let all): all.map { "\($0.refusal)" }.joined(separator: "\n")
        case .fleet(let error): error.description
        case .unsure(let id, let error):
            "\(error)\nwhether rollout \(id.short) was taken is not known; once Redis answers: qtctl show \(id.short)"
        case .outOfSight(let id, let error):
            "\(error)\nrollout \(id.short) goes on without a watcher; once Redis answers: qtctl follow \(id.short)"
        case .lost(let id):
            "Redis has no rollout \(id.short): the order was never taken, or Redis lost its memory; "
                + "hosts finish what they began; look with qtctl status and qtctl rollouts"
        }
    }
}
