package import Coordination
package import DeployModel

/// `agents enrol`: makes a host a member of the fleet.
package struct Enrolment: Sendable {
    private let fleet: Fleet
    private let settings: OperatorSettings
    private let console: Console

    /// Enrolments in one fleet.
    package init(fleet: Fleet, settings: OperatorSettings, console: Console) {
        self.fleet = fleet
        self.settings = settings
        self.console = console
    }

    /// Enrols a host.
    ///
    /// - Parameters:
    ///   - host: the host.
    ///   - machineID: the machine to bind the name to; nil for the one that beats under it.
    ///   - reason: why.
    ///   - isConfirmed: whether no question is asked.
    /// - Returns: what the command exits with.
    /// - Throws: ``OperatorError/usage(_:)`` for what is no machine-id, and when nobody can be asked.
    package func run(
        _ host: HostName, machineID: String?, reason: Reason, isConfirmed: Bool
    ) async throws(OperatorError) -> ExitCode {
        if let machineID, machineID.utf8.count != 32 || !machineID.allSatisfy({ $0.isASCII && $0.isHexDigit }) {
            throw .usage("--machine takes a machine-id: 32 hexadecimal digits, as in /etc/machine-id")
        }
        if !isConfirmed {
            guard
                try Confirmation.ask(
                    "\(settings.place)\nenrol \(host)?", console, isPossible: console.form == .text)
            else {
                console.note("nothing was changed")
                console.summary(exit: .refused)
                return .refused
            }
        }
        let reply = try await reading { () async throws(CoordinationError) in
            try await fleet.enrol(host, by: settings.operatorName, reason: reason, machineID: machineID?.lowercased())
        }
        switch reply {
        case .enrolled(let machine): show(host, machine, "is enrolled", isNew: true)
        case .before(let machine): show(host, machine, "was enrolled before", isNew: false)
        case .refused(let refusal): throw .refused(refusal)
        }
        console.summary(exit: .good)
        return .good
    }

    /// Shows the membership; a `machine` of `-` is the first machine that beats.
    private func show(_ host: HostName, _ machine: String, _ words: String, isNew: Bool) {
        let bound = machine == "-" ? "the first machine that beats" : "machine \(VisibleText(machine))"
        console.show("\(host) \(words), bound to \(bound)")
        console.show(
            JSONLine(
                "agent",
                [
                    ("host", .text(host.text)), ("membership", .text(Membership.enrolled.rawValue)),
                    ("machine_id", machine == "-" ? .null : .text(machine)), ("changed", .flag(isNew)),
                ]))
    }
}
