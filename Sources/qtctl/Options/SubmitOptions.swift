import ArgumentParser
import DeployModel
import DeployOperator

/// What every command that submits an order takes.
struct SubmitOptions: ParsableArguments {
    @Option(
        name: .shortAndLong, help: ArgumentHelp("Why; stands in every stream.", valueName: "text"),
        transform: Words.reason)
    var message: Reason?

    @Option(
        help: ArgumentHelp(
            "Hosts at once: a number (5), a share (20%), or growing waves (1,5,20%) of which the last repeats.",
            valueName: "sizes"), transform: Words.waves)
    var batch: WaveSizes = .oneByOne

    @Flag(help: "Leave once the order is taken; the rollout goes on by itself.")
    var detach = false

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    @OptionGroup var following: FollowOptions

    /// Plans, asks, submits and follows.
    func run(_ request: DeployRequest, _ session: Session) async throws(OperatorError) -> DeployModel.ExitCode {
        let deployment = Deployment(
            fleet: session.fleet, settings: session.settings, files: session.files, console: session.console)
        guard let signed = try await deployment.prepare(request, isConfirmed: yes) else { return .refused }
        let order = signed.order
        let isSubmitted: Void? = try await Interruptible.run { () async throws(OperatorError) in
            try await deployment.submit(signed)
        }
        guard isSubmitted != nil else { return session.console.left(order.id, isSubmitted: false) }
        if detach {
            deployment.detach(order)
            return .good
        }
        let code = try await Interruptible.run { () async throws(OperatorError) in
            try await deployment.follow(order, limit: following.timeout)
        }
        return code ?? session.console.left(order.id)
    }
}
