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
    /// `machineID` is the machine to bind the name to; nil for the one that beats under it.
    package func run(
        _ host: HostName, machineID: String?, reason: Reason, isConfirmed: Bool
    ) async throws(OperatorError) -> ExitCode {
        if let machineID, machineID.utf8.count != 32 || !machineID.allSatisfy({ $0.isASCII && $0.isHexDigit }) {
            throw .usage("--machine takes a machine-id: 32 hexadecimal digits, as in /etc/machine-id")
        }
        if !isConfirmed {
            guard console.form == .text, Confirmation.isPossible else {
                throw .usage("nobody can be asked here: repeat the command with --yes")
            }
            let question =
                "fleet \(settings.fleet), Redis \(settings.redis), operator \(settings.operatorName)\nenrol \(host)?"
            guard Confirmation.ask(question, console) else { return .refused }
        }
        let reply = try await reading { () async throws(CoordinationError) in
            try await fleet.enrol(host, by: settings.operatorName, reason: reason, machineID: machineID)
        }
        switch reply {
        case .enrolled(let machine):
            console.show(
                "\(host) is enrolled, bound to "
                    + (machine == "-" ? "the first machine that beats" : "machine \(machine)"))
        case .before(let machine): console.show("\(host) was enrolled before, bound to machine \(machine)")
        case .refused(let refusal): throw .refused(refusal)
        }
        console.summary(exit: .good)
        return .good
    }
}
