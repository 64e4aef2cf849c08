import ArgumentParser
import DeployModel
import DeployOperator

/// What `plan` and `deploy` share: what, where, and from which commit.
struct TargetOptions: ParsableArguments {
    @Argument(
        help: ArgumentHelp("Services, by unit, without .service.", valueName: "service"),
        transform: { try Words.name($0) })
    var services: [ServiceName] = []

    @Flag(help: "Every configured service of every enrolled host.")
    var all = false

    @Option(
        help: ArgumentHelp("The branch; without it the hosts' default.", valueName: "branch"),
        transform: { try Words.name($0) })
    var ref: BranchName?

    @Option(
        help: ArgumentHelp("The commit, by its full name; without it what the remote has.", valueName: "sha"),
        transform: { try Words.name($0) })
    var commit: CommitID?

    @Option(
        help: ArgumentHelp("The source, where there are several.", valueName: "name"), transform: { try Words.name($0) }
    )
    var source: SourceName?

    @Option(
        name: .customLong("host"), help: ArgumentHelp("Only this host; may be repeated.", valueName: "host"),
        transform: { try Words.name($0) })
    var hosts: [HostName] = []

    @Option(
        name: .customLong("exclude"), help: ArgumentHelp("Not this host; may be repeated.", valueName: "host"),
        transform: { try Words.name($0) })
    var excluded: [HostName] = []

    @Option(help: "Services that share a checkout with the named ones: include or refuse.")
    var siblings: Siblings = .include

    enum Siblings: String, ExpressibleByArgument, CaseIterable {
        case include, refuse
    }

    func validate() throws {
        if all == !services.isEmpty { throw ValidationError("name services, or say --all") }
    }

    func request(reason: Reason, reverts: Bool) -> DeployRequest {
        DeployRequest(
            services: services, branch: ref, commit: commit, source: source, hosts: hosts, excluded: excluded,
            reason: reason, revertsFailedHost: reverts, includesSiblings: siblings == .include)
    }
}

/// `qtctl plan`.
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Shows what a deployment would do, and everything that is refused. Changes nothing.")

    @OptionGroup var targets: TargetOptions
    @OptionGroup var fleet: FleetOptions

    func run() async throws {
        try await Session.run(fleet) { session throws(OperatorError) in
            let plan = try await Planner(fleet: session.fleet, console: session.console)
                .plan(targets.request(reason: .none, reverts: true))
            session.console.show(plan)
            guard plan.refusals.isEmpty else { throw .refusedAsShown(plan.refusals) }
            session.console.summary(exit: .good)
            return .good
        }
    }
}

/// `qtctl deploy`.
struct DeployCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deploy",
        abstract: "Deploys one commit, host by host, and proves that it runs. The first failure halts.")

    @OptionGroup var targets: TargetOptions

    @Option(
        name: .shortAndLong, help: ArgumentHelp("Why; stands in every stream.", valueName: "text"),
        transform: { do { return try Reason($0) } catch { throw ValidationError("\(error)") } })
    var message: Reason?

    @Flag(name: .customLong("no-revert"), help: "Leave a failed host as it is.")
    var leavesFailedHost = false

    @Flag(help: "Leave once the order is taken; the rollout goes on by itself.")
    var detach = false

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    @Option(
        help: ArgumentHelp("Stop following after this time: 30s, 5m, 4h.", valueName: "time"), transform: Words.time)
    var timeout: Duration?

    @OptionGroup var fleet: FleetOptions

    func run() async throws {
        try await Session.run(fleet) { session throws(OperatorError) in
            let deployment = Deployment(
                fleet: session.fleet, settings: session.settings, files: session.files, console: session.console)
            let request = targets.request(reason: message ?? .none, reverts: !leavesFailedHost)
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
                try await deployment.follow(order, limit: timeout)
            }
            return code ?? session.console.left(order.id)
        }
    }
}
