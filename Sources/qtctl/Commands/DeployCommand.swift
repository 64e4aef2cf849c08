import ArgumentParser
import DeployModel
import DeployOperator

/// `qtctl deploy`.
struct DeployCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deploy",
        abstract: "Deploys one commit, host by host, and proves that it runs. The first failure halts.")

    @OptionGroup var targets: TargetOptions

    @Option(
        name: .shortAndLong, help: ArgumentHelp("Why; stands in every stream.", valueName: "text"),
        transform: Words.reason)
    var message: Reason?

    @Option(
        help: ArgumentHelp(
            "Hosts at once: a number (5), a share (20%), or growing waves (1,5,20%) of which the last repeats.",
            valueName: "sizes"), transform: Words.waves)
    var batch: WaveSizes = .oneByOne

    @Flag(name: .customLong("no-revert"), help: "Leave a failed host as it is.")
    var leavesFailedHost = false

    @Flag(help: "Leave once the order is taken; the rollout goes on by itself.")
    var detach = false

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    @OptionGroup var following: FollowOptions
    @OptionGroup var fleet: FleetOptions

    func run() async throws {
        try await Session.run(fleet, progress: following.progress) { session throws(OperatorError) in
            let deployment = Deployment(
                fleet: session.fleet, settings: session.settings, files: session.files, console: session.console)
            let request = try targets.request(reason: message ?? .none, waves: batch, reverts: !leavesFailedHost)
            guard let order = try await deployment.prepare(request, isConfirmed: yes) else { return .refused }
            let isSubmitted: Void? = try await Interruptible.run { () async throws(OperatorError) in
                try await deployment.submit(order)
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
}
