package import DeployModel
import DeployProtocol

/// What came of an enrolment.
package enum EnrolReply: Sendable, Equatable {
    /// Enrolled and bound to this machine-id, or to the first that beats (`-`).
    case enrolled(String)
    /// It was enrolled before.
    case before(String)
    /// Not done.
    case refused(Refusal)
}

/// A change of a host's membership.
package enum MembershipChange: String, Sendable, CaseIterable {
    /// Out of every later order; what is under way goes on.
    case drain
    /// Back into them.
    case undrain
    /// Out of the fleet: forgotten, with what it had verified.
    case retire
}

/// What came of a change.
package enum MembershipReply: Sendable, Equatable {
    case done
    /// It was so before; nothing was written.
    case before
    /// Not done.
    case refused(Refusal)
}

extension Fleet {
    /// Makes a host a member of the fleet.
    ///
    /// - Parameters:
    ///   - host: the host.
    ///   - operatorName: who enrols it.
    ///   - reason: why.
    ///   - machineID: the machine to bind the name to; nil for the one that beats now, or the first that will.
    /// - Returns: the machine that the name is bound to, or the refusal.
    /// - Throws: when Redis or its contents fail.
    package func enrol(
        _ host: HostName, by operatorName: OperatorName, reason: Reason, machineID: String?
    ) async throws(CoordinationError) -> EnrolReply {
        let reply = try await run(.enrol, [host.text, name.text, operatorName.text, reason.text, machineID ?? ""])
        switch reply.code {
        case .ok: return .enrolled(reply[0])
        case .again: return .before(reply[0])
        case .otherMachine:
            return .refused(
                Refusal(
                    .otherMachine, "host \(host) is bound to machine \(VisibleText(reply[0]))",
                    remedy: "two machines must not share a name: give one another name in its agent.yaml"))
        case .version: return .refused(Self.otherVersion(reply[0]))
        case .otherFleet: return .refused(Self.otherFleet(reply[0]))
        default: throw reply.unexpected
        }
    }

    /// Changes how a host belongs to the fleet.
    ///
    /// - Parameters:
    ///   - host: the host.
    ///   - change: what becomes of it.
    ///   - operatorName: who wants it.
    ///   - reason: why; who plans reads it.
    /// - Returns: whether it was done, or the refusal.
    /// - Throws: when Redis or its contents fail.
    package func change(
        _ host: HostName, _ change: MembershipChange, by operatorName: OperatorName, reason: Reason
    ) async throws(CoordinationError) -> MembershipReply {
        let reply = try await run(
            .member, [host.text, name.text, operatorName.text, reason.text, change.rawValue])
        switch reply.code {
        case .ok: return .done
        case .again: return .before
        case .unknown:
            return .refused(Refusal(.hostUnknown, "fleet has no host \(host)", remedy: "see: qtctl agents list"))
        case .notEnrolled:
            return .refused(
                Refusal(
                    .hostNotEnrolled, "host \(host) is not enrolled, so no order can name it",
                    remedy: "to enrol it: qtctl agents enrol \(host); to forget it: qtctl agents retire \(host)"))
        case .busy:
            return .refused(
                Refusal(
                    .serviceBusy, "host \(host) works on \(LeaseHolder.shown(reply[0]))",
                    remedy: LeaseHolder.remedy(reply[0])))
        case .version: return .refused(Self.otherVersion(reply[0]))
        case .otherFleet: return .refused(Self.otherFleet(reply[0]))
        default: throw reply.unexpected
        }
    }
}
