package import DeployModel
import Glibc
import SettingsFile

/// `policy`: what this host's root lets each operator do, and when. Without it, whoever may sign may do all that the rest of the
/// configuration allows.
package struct HostPolicy: Sendable, Equatable {
    /// Who may do what; empty: everybody everything.
    package var grants: [Grant] = []
    /// When nothing is begun, whoever asks.
    package var closed: [ClosedTime] = []

    /// What an order is for, in the words of the command line.
    package enum Purpose: String, Sendable, CaseIterable {
        /// Forward, to a commit of the branch.
        case deploy
        /// To a commit in any direction.
        case rollback
        /// The same commit in new processes.
        case restart

        init(_ order: Order) {
            self = order.operation == .restart ? .restart : order.direction == .any ? .rollback : .deploy
        }
    }

    /// A line of `allow`.
    package struct Grant: Sendable, Equatable {
        /// Names as they stand in orders, or shell patterns of them (`*@example.org`).
        package var operators: [String]
        /// What they may do.
        package var purposes: Set<Purpose>
        /// With which services; nil for all of this host.
        package var services: Set<ServiceName>?

        func covers(_ name: OperatorName, _ purpose: Purpose, _ service: ServiceName) -> Bool {
            purposes.contains(purpose) && services?.contains(service) ?? true
                && operators.contains { fnmatch($0, name.text, 0) == 0 }
        }
    }

    /// Why the order is not for this operator to give, or not for now; nil when nothing speaks against it.
    ///
    /// - Parameters:
    ///   - order: the order.
    ///   - services: those of this host that it names.
    ///   - now: this host's clock.
    /// - Returns: `not_permitted` or `closed_now`, or nil.
    func refusal(_ order: Order, _ services: [ServiceName], now: Timestamp) -> Refusal? {
        let purpose = Purpose(order)
        if !grants.isEmpty,
            let service = services.first(where: { name in
                !grants.contains { $0.covers(order.operatorName, purpose, name) }
            })
        {
            return Refusal(
                .notPermitted, "\(order.operatorName) may not \(purpose.rawValue) \(service) on this host",
                remedy: "who may stands under policy in its agent.yaml")
        }
        return closed(now: now)
    }

    /// Why nothing is begun now; nil when it may.
    func closed(now: Timestamp) -> Refusal? {
        guard let time = closed.first(where: { $0.contains(now) }) else { return nil }
        return Refusal(
            .closedNow, "this host begins nothing \(time) (deny_between), and it is \(now) here",
            remedy: "submit again after \(time.to) UTC; in an emergency, on the host, as root: qtagent deploy")
    }
}

extension HostPolicy {
    /// Reads the block.
    static func read(_ value: SettingsValue) throws(SettingsError) -> HostPolicy {
        let members = try value.members(["allow", "deny_between"])
        var policy = HostPolicy()
        for item in try members["allow"]?.items() ?? [] { policy.grants.append(try Grant.read(item)) }
        for item in try members["deny_between"]?.items() ?? [] { policy.closed.append(try ClosedTime.read(item)) }
        if let allow = members["allow"], policy.grants.isEmpty {
            throw allow.error("allows nobody anything; say operators: [], or leave it out for everybody")
        }
        return policy
    }
}

extension HostPolicy.Grant {
    static func read(_ value: SettingsValue) throws(SettingsError) -> HostPolicy.Grant {
        let members = try value.members(["operators", "operations", "services"])
        guard let names = members["operators"] else { throw value.error("operators: is missing") }
        var operators: [String] = []
        for item in try names.items() { operators.append(try item.text()) }
        var purposes = Set(HostPolicy.Purpose.allCases)
        if let words = members["operations"] {
            purposes = []
            for item in try words.items() { purposes.insert(try item.choice()) }
        }
        var services: Set<ServiceName>?
        if let words = members["services"] {
            var named: Set<ServiceName> = []
            for item in try words.items() { named.insert(try item.name()) }
            services = named
        }
        return HostPolicy.Grant(operators: operators, purposes: purposes, services: services)
    }
}
