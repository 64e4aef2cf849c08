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
