import DeployModel

/// Who holds a lease.
package struct LeaseHolder: Sendable, Equatable, CustomStringConvertible {
    /// The service.
    package let service: String
    /// The rollout's id, or the name of a deployment by hand.
    package let holder: String
    /// Who holds it.
    package let operatorName: String
    /// For how long.
    package let age: String
    /// Why.
    package let reason: String

    package var description: String {
        "lease of \(VisibleText(service)) held by \(Self.shown(holder)) of \(VisibleText(operatorName)) for \(age)"
            + (reason.isEmpty ? "" : ": \(VisibleText(reason))")
    }

    /// A holder for people: `rollout 01234567`, or `break-glass bg-01234567`.
    static func shown(_ holder: String) -> String {
        guard let id = RolloutID(breakGlass: holder) else { return "rollout \(VisibleText(holder.prefix(8)))" }
        return "break-glass \(id.breakGlassShort)"
    }

    /// What a person does who is kept out by a holder.
    static func remedy(_ holder: String) -> String {
        guard RolloutID(breakGlass: holder) != nil else { return "wait for it: qtctl follow \(holder.prefix(8))" }
        return
            "wait for it: somebody deploys by hand on a host; it ends with that, or 10 minutes after the host fell silent"
    }
}
