import ArgumentParser
import DeployModel
import DeployOperator

/// What `plan`, `deploy`, `restart` and `rollback` share: what, and where.
struct TargetOptions: ParsableArguments {
    @Argument(
        help: ArgumentHelp("Services, by unit, without .service.", valueName: "service"),
        completion: LiveNames.services,
        transform: { try Words.name($0) })
    var services: [ServiceName] = []

    @Flag(help: "Every configured service of every enrolled host.")
    var all = false

    @Option(
        help: ArgumentHelp("The branch; without it the hosts' default.", valueName: "branch"),
        transform: { try Words.name($0) })
    var ref: BranchName?

    @Option(
        help: ArgumentHelp("The source, where there are several.", valueName: "name"), transform: { try Words.name($0) }
    )
    var source: SourceName?

    @OptionGroup var hosts: HostOptions

    @Option(
        name: .customLong("exclude"),
        help: ArgumentHelp("Not these hosts: in the words of --host; may be repeated.", valueName: "hosts"),
        completion: LiveNames.hosts)
    var excluded: [String] = []

    @Option(help: "Services that share a checkout with the named ones: include or refuse.")
    var siblings: Siblings = .include

    enum Siblings: String, ExpressibleByArgument, CaseIterable {
        case include, refuse
    }

    func validate() throws {
        if all == !services.isEmpty { throw ValidationError("name services, or say --all") }
    }

    func request(
        _ purpose: DeployRequest.Purpose, commit: CommitID? = nil, reverts: Bool = true,
        _ submitting: SubmitOptions? = nil
    ) throws(OperatorError) -> DeployRequest {
        DeployRequest(
            purpose, services: services, branch: ref, commit: commit, source: source, hosts: try hosts.selectors(),
            excluded: try [HostSelector].read(excluded), waves: submitting?.batch ?? .oneByOne,
            reason: submitting?.message ?? .none, revertsFailedHost: reverts,
            includesSiblings: siblings == .include)
    }
}
