import ArgumentParser
import DeployModel
import DeployOperator

/// `qtctl rollback`.
struct RollbackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Goes back to the commit that was verified before, and proves that it runs.",
        discussion: """
            The remote is not needed as long as the hosts still have the commit. Where hosts would go to different commits, \
            it is refused with the list: say which hosts are meant, or name the commit.
            """)

    @OptionGroup var targets: TargetOptions

    @Option(
        help: ArgumentHelp(
            "The commit to go to, by its full name; without it the last one verified before.", valueName: "sha"),
        transform: { try Words.name($0) })
    var to: CommitID?

    @Flag(name: .customLong("no-revert"), help: "Leave a failed host as it is.")
    var leavesFailedHost = false

    @OptionGroup var submitting: SubmitOptions
    @OptionGroup var fleet: FleetOptions

    func run() async throws {
        try await Session.run(fleet, progress: submitting.following.progress) { session throws(OperatorError) in
            let request = try targets.request(.rollback, commit: to, reverts: !leavesFailedHost, submitting)
            return try await submitting.run(request, session)
        }
    }
}
