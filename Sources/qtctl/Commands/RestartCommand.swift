import ArgumentParser
import DeployModel
import DeployOperator

/// `qtctl restart`.
struct RestartCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restart",
        abstract: "Restarts services at the commit that they have, without git, and proves that they run.",
        discussion: """
            For new environment files, unit files or a service that misbehaves. The checkout must be as for a deployment: one \
            commit, unchanged. What fails is left as it is, for there is nothing to go back to.
            """)

    @OptionGroup var targets: TargetOptions
    @OptionGroup var submitting: SubmitOptions
    @OptionGroup var fleet: FleetOptions

    func run() async throws {
        try await Session.run(fleet, progress: submitting.following.progress) { session throws(OperatorError) in
            try await submitting.run(try targets.request(.restart, submitting), session)
        }
    }
}
