package import DeployModel
import DeployProtocol

/// What came of a submission.
package enum SubmitReply: Sendable, Equatable {
    /// Taken, and the first wave is dispatched.
    case taken
    /// This very order was taken before; nothing was done.
    case takenBefore
    /// Not taken for now: the same order can be submitted again later. Nothing was written.
    case onHold(Hold)
    /// Not taken, nothing was written.
    case refused(Refusal)
}

extension Fleet {
    /// Submits an order: gives its services to it, and dispatches the first wave. Safe to repeat with the same order.
    package func submit(_ order: Order, signature: [UInt8]) async throws(CoordinationError) -> SubmitReply {
        let hosts = Self.hostArguments(order)
        // Of a large order all of them are laid ready before it: storing its text is work enough for a call.
        let staged = hosts.count > Self.hostsInSubmit ? hosts.count : 0
        let arguments =
            Self.arguments(order, signature) + [Array(String(staged).utf8)] + hosts[staged...].joined()
        // Once more from the beginning when the fleet's members change in between.
        for _ in 1...3 {
            if let no = try await stage(order, hosts[..<staged]) {
                if no.code == .incomplete { continue }
                return .refused(try Self.refusal(no))
            }
            let reply = try await run(.submit, bytes: arguments)
            switch reply.code {
            case .ok: return .taken
            case .again: return .takenBefore
            case .hold: return .onHold(Hold(reply))
            case .incomplete: continue
            default: return .refused(try Self.refusal(reply))
            }
        }
        throw .contract(
            "stage", "what was laid ready did not last, or the fleet's members changed each time; submit again")
    }

    /// What the script is told of an order as a whole.
    private static func arguments(_ order: Order, _ signature: [UInt8]) -> [[UInt8]] {
        let sizes = order.waves.counts(hosts: order.hosts.count).map(String.init).joined(separator: " ")
        let words = [
            order.fleet.text, order.operatorName.text, order.reason.text, order.operation.rawValue, order.source.text,
            order.branch.text, order.commit.text, String(order.beginBefore.milliseconds),
            String(order.until.milliseconds),
            String(order.created.milliseconds), sizes, String(order.soakSeconds), order.pauseAfter.rawValue,
            String(order.maxFailures), order.onFailure.rawValue, order.failedHost.rawValue, String(order.targetCount),
        ]
        return [Array(order.id.text.utf8), OrderText.encode(order), signature] + words.map { Array($0.utf8) }
    }

    /// Hosts that one call of `stage` takes: one takes about 0.01 ms, and no call may hold Redis for 2 ms.
    package static let hostsPerCall = 50
    /// Hosts that `submit` takes itself, and dispatches at once: one takes up to 0.1 ms.
    package static let hostsInSubmit = 10

    /// Per host of an order its name and its services.
    private static func hostArguments(_ order: Order) -> [[[UInt8]]] {
        var services: [HostName: [String]] = [:]
        for line in order.lines { services[line.host, default: []] += line.services.map(\.text) }
        return order.hosts.map { host in
            [Array(host.text.utf8), Array((services[host] ?? []).joined(separator: "+").utf8)]
        }
    }

    /// Lays hosts of an order ready for `submit`.
    ///
    /// - Returns: nil when that is done, or what was said instead.
    private func stage(_ order: Order, _ hosts: ArraySlice<[[UInt8]]>) async throws(CoordinationError) -> Reply? {
        for first in stride(from: 0, to: hosts.count, by: Self.hostsPerCall) {
            let part = hosts[first..<min(first + Self.hostsPerCall, hosts.count)]
            let reply = try await run(
                .stage,
                bytes: [order.id.text, String(first + 1), order.fleet.text].map { Array($0.utf8) } + part.joined())
            guard reply.code == .ok else { return reply }
        }
        return nil
    }

    private static func refusal(_ reply: Reply) throws(CoordinationError) -> Refusal {
        switch reply.code {
        case .conflict:
            Refusal(.orderMalformed, "another order has this id", remedy: "submit again: the id is made anew")
        case .version: Self.otherVersion(reply[0])
        case .otherFleet: Self.otherFleet(reply[0])
        case .expired:
            Refusal(
                .orderExpired, "the order was not submitted in time", remedy: "check this machine's clock, plan again")
        case .notEnrolled:
            Refusal(
                .hostNotEnrolled, "host \(reply[0]) is not enrolled", remedy: "run: qtctl agents enrol \(reply[0])")
        case .drained:
            Refusal(
                .hostDrained, "host \(reply[0]) is drained by \(VisibleText(reply[1])): \(VisibleText(reply[2]))",
                remedy: "leave it out with --exclude \(reply[0])")
        case .down:
            Refusal(
                .hostDown, "host \(reply[0]) has not been heard for \(Self.age(from: reply[1], to: reply[2]))",
                remedy: "start its qtagent, or leave it out with --exclude \(reply[0])")
        case .busy:
            Refusal(
                .serviceBusy,
                "\(reply[0]) is held by \(LeaseHolder.shown(reply[1])) of \(VisibleText(reply[2])) for "
                    + "\(Self.age(from: reply[3], to: reply[4])): \(VisibleText(reply[5]))",
                remedy: LeaseHolder.remedy(reply[1]))
        default: throw reply.unexpected
        }
    }

    static func otherVersion(_ version: String) -> Refusal {
        Refusal(
            .contractVersion,
            "this fleet's state has contract version \(VisibleText(version)), this program speaks \(ContractVersion.current)",
            remedy: "use the qtdeploy that the fleet uses")
    }

    static func otherFleet(_ fleet: String) -> Refusal {
        Refusal(
            .otherFleet, "the state under this name belongs to fleet \(VisibleText(fleet))", remedy: "check --fleet")
    }

    /// The time between two moments of the server, for people.
    static func age(from earlier: String, to later: String) -> String {
        guard let from = DecimalNumber.parse(earlier), let to = DecimalNumber.parse(later), from > 0 else {
            return "ever"
        }
        return HumanDuration(milliseconds: max(0, to - from)).description
    }
}
