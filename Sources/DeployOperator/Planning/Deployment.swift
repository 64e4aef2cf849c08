package import Coordination
package import DeployModel
import Glibc

/// `deploy`: plan, show, confirm, submit, follow.
package struct Deployment: Sendable {
    private let fleet: Fleet
    private let settings: OperatorSettings
    private let files: UserFiles
    private let console: Console

    /// How the command behaves besides what it deploys.
    package struct Options: Sendable {
        /// Whether no question is asked.
        package var isConfirmed: Bool
        /// Whether it leaves once the order is taken.
        package var isDetached: Bool
        /// How long it follows; nil for the end.
        package var limit: Duration?

        /// Options; see the properties.
        package init(isConfirmed: Bool, isDetached: Bool, limit: Duration?) {
            self.isConfirmed = isConfirmed
            self.isDetached = isDetached
            self.limit = limit
        }
    }

    /// A deployment in one fleet.
    package init(fleet: Fleet, settings: OperatorSettings, files: UserFiles, console: Console) {
        self.fleet = fleet
        self.settings = settings
        self.files = files
        self.console = console
    }

    /// Carries a request out.
    ///
    /// - Returns: the exit code; refusals of hosts are shown and end with 5 or 9.
    package func run(_ request: DeployRequest, _ options: Options) async throws(OperatorError) -> ExitCode {
        if !options.isConfirmed, console.form == .json || !Confirmation.isPossible {
            throw .usage("nobody can be asked here: repeat the command with --yes, or look first with qtctl plan")
        }
        let plan = try await Planner(fleet: fleet, console: console).plan(request)
        console.show(plan)
        guard plan.refusals.isEmpty else { throw .refusedAsShown(plan.refusals) }
        let now = try await reading { () async throws(CoordinationError) in try await fleet.serverTime() }
        let made = plan.order(
            request, fleet: settings.fleet, id: .random(), operatorName: settings.operatorName, serverTime: now,
            created: Timestamp(milliseconds: Int64(time(nil)) * 1000))
        guard let order = made else {
            throw .refused(
                Refusal(.hostStateUnreadable, "a host's answer lacks a path or a commit", remedy: "plan again"))
        }
        if let flaw = order.flaw { throw .refused(Refusal(.orderMalformed, "the order is not good: \(flaw)")) }
        guard options.isConfirmed || Confirmation.ask(question(order), console) else {
            console.note("nothing was submitted")
            return .refused
        }
        try files.noteLast(order.id, settings.fleet)
        let reply = try await reading { () async throws(CoordinationError) in
            try await fleet.submit(order, signature: [])
        }
        if case .refused(let refusal) = reply { throw .refused(refusal) }
        return try await attend(order, options)
    }

    private func attend(_ order: Order, _ options: Options) async throws(OperatorError) -> ExitCode {
        console.note(
            "rollout \(order.id.short) submitted: \(order.commit.short) to \(order.hosts.count) hosts, signatures: off")
        guard options.isDetached else {
            return try await Follower(fleet: fleet, console: console).follow(order.id, limit: options.limit)
        }
        console.show("rollout \(order.id.text)")
        console.note("it goes on by itself; to watch it: qtctl follow \(order.id.short)")
        console.show(
            JSONLine(
                "summary",
                [
                    ("rollout", .text(order.id.text)), ("state", .text("running")),
                    ("commit", .text(order.commit.text)),
                    ("exit_code", .number(0)), ("targets", .list([])),
                ]))
        return .good
    }

    private func question(_ order: Order) -> String {
        "fleet \(settings.fleet), Redis \(settings.redis), operator \(settings.operatorName), signatures: off\n"
            + "deploy \(order.commit.short) to \(order.targetCount) targets on \(order.hosts.count) hosts, one after the other?"
    }
}

/// A question with yes or no, for a person at a terminal.
package enum Confirmation {
    /// Whether somebody can be asked: both ends are a terminal.
    package static var isPossible: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

    /// Asks; anything but `y` or `yes` is no.
    package static func ask(_ question: String, _ console: Console) -> Bool {
        console.note(question + " [y/N]")
        let answer = readLine()?.lowercased() ?? ""
        return answer == "y" || answer == "yes"
    }
}
