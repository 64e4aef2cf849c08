import ArgumentParser
import DeployModel
import DeployOperator

/// `qtctl deploy`.
struct DeployCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deploy",
        abstract: "Deploys one commit, wave by wave, and proves that it runs. The first failure halts.")

    @OptionGroup var targets: TargetOptions
    @OptionGroup var commit: CommitOption

    @Flag(name: .customLong("no-revert"), help: "Leave a failed host as it is.")
    var leavesFailedHost = false

    @OptionGroup var submitting: SubmitOptions
    @OptionGroup var fleet: FleetOptions

    func run() async throws {
        try await Session.run(fleet, progress: submitting.following.progress) { session throws(OperatorError) in
            let request = try targets.request(.deploy, commit: commit.commit, reverts: !leavesFailedHost, submitting)
            return try await submitting.run(request, session)
        }
    }
}
