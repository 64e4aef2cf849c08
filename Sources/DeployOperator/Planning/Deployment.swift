package import Coordination
package import DeployModel
import Glibc

/// `deploy`: plan, show, confirm; submit; follow. Three calls, because only from the second on is there something that goes on
/// when the person leaves.
package struct Deployment: Sendable {
    private let fleet: Fleet
    private let settings: OperatorSettings
    private let files: UserFiles
    private let console: Console

    /// A deployment in one fleet.
    package init(fleet: Fleet, settings: OperatorSettings, files: UserFiles, console: Console) {
        self.fleet = fleet
        self.settings = settings
        self.files = files
        self.console = console
    }

    /// Plans, shows the plan and asks. Nothing is submitted.
    ///
    /// - Returns: the order to submit, signed where that is asked for, or nil when the person said no.
    /// - Throws: ``OperatorError/refusedAsShown(_:)`` when any target is refused; nothing but the whole plan is submitted.
    package func prepare(_ request: DeployRequest, isConfirmed: Bool) async throws(OperatorError) -> SignedOrder? {
        if !isConfirmed, console.form == .json || !Confirmation.isPossible {
            throw .usage("nobody can be asked here: repeat the command with --yes, or look first with qtctl plan")
        }
        let signer = OrderSigner(settings)
        // First: who may not submit need not wait for a plan.
        let operatorName = try await signer.operatorName()
        let plan = try await Planner(fleet: fleet, console: console).plan(request)
        console.show(plan)
        guard plan.refusals.isEmpty else { throw .refusedAsShown(plan.refusals) }
        let now = try await reading { () async throws(CoordinationError) in try await fleet.serverTime() }
        let made = plan.order(
            request, fleet: settings.fleet, id: .random(), operatorName: operatorName, serverTime: now,
            created: Timestamp(milliseconds: Int64(time(nil)) * 1000))
        guard let order = made else {
            throw .refused(
                Refusal(.hostStateUnreadable, "a host's answer lacks a path or a commit", remedy: "plan again"))
        }
        if let flaw = order.flaw { throw .refused(Refusal(.orderMalformed, "the order is not good: \(flaw)")) }
        guard isConfirmed || Confirmation.ask(Self.question(order, request.purpose, settings), console) else {
            console.note("nothing was submitted")
            console.summary(exit: .refused)
            return nil
        }
        // Behind the question: a touch of a key is for what was said yes to.
        return try await signer.sign(order)
    }

    /// Hands the order to the fleet. From here on the rollout goes by itself.
    ///
    /// The id is noted for `@last` before the order is sent: whatever happens behind that, the person can ask for it.
    package func submit(_ signed: SignedOrder) async throws(OperatorError) {
        let order = signed.order
        let before = try? files.lastRollout(settings.fleet)
        note(order.id)
        switch try await send(signed) {
        case .taken, .takenBefore: break
        case .onHold:
            // Left while it waited: there is nothing to come back to.
            if let before { note(before) }
            return
        case .refused(let refusal):
            if let before { note(before) }
            throw .refused(refusal)
        }
        console.note(
            "rollout \(order.id.short) submitted: \(order.operation == .restart ? "restart" : order.commit.short) to "
                + "\(Counted.hosts(order.hosts.count)), \(signed.words)")
        console.show(
            JSONLine(
                "rollout",
                [
                    ("rollout", .text(order.id.text)), ("state", .text(RolloutState.running.rawValue)),
                    ("commit", .text(order.commit.text)), ("source", .text(order.source.text)),
                    ("branch", .text(order.branch.text)), ("operator", .text(order.operatorName.text)),
                    ("reason", .optional(order.reason.text)), ("signed", .flag(!signed.signature.isEmpty)),
                ]))
    }

    /// Says how to watch a rollout that was submitted and is not watched.
    package func detach(_ order: Order) {
        console.show("rollout \(order.id.text)")
        console.note("it goes on by itself; to watch it: \(Follower.command(order.id))")
        console.summary(order.id, state: .running, commit: order.commit, exit: .good)
    }

    /// Watches the rollout to its end.
    package func follow(_ order: Order, limit: Duration?) async throws(OperatorError) -> ExitCode {
        try await Follower(fleet: fleet, console: console).follow(order.id, limit: limit)
    }

    /// Sends the order until Redis takes it or refuses it: through a hold, and a second and a third time when the reply is
    /// lost. The same order twice is a no-op.
    private func send(_ signed: SignedOrder) async throws(OperatorError) -> SubmitReply {
        var triesLeft = 3
        var told = ""
        while true {
            do throws(CoordinationError) {
                let reply = try await fleet.submit(signed.order, signature: signed.signature)
                guard case .onHold(let hold) = reply else { return reply }
                if told != hold.description {
                    console.note("waiting about \(HumanDuration(hold.remaining)): \(hold)")
                }
                told = hold.description
                guard (try? await Task.sleep(for: .milliseconds(500))) != nil else { return reply }
            } catch {
                triesLeft -= 1
                guard case .redis = error else { throw .fleet(error) }
                guard triesLeft > 0, !Task.isCancelled else { throw .unsure(signed.order.id, error) }
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// Not being able to keep a note must not keep anybody from deploying.
    private func note(_ id: RolloutID) {
        do throws(OperatorError) { try files.noteLast(id, settings.fleet) } catch {
            console.note("note: @last will not know rollout \(id.short): \(error)")
        }
    }

    /// What the person is asked before anything is submitted.
    static func question(
        _ order: Order, _ purpose: DeployRequest.Purpose, _ settings: OperatorSettings
    ) -> String {
        let targets = Counted.targets(order.targetCount)
        let what =
            switch purpose {
            case .deploy: "deploy \(order.commit.short) to \(targets)"
            case .restart: "restart \(targets), which stay at \(order.commit.short),"
            case .rollback: "go back to \(order.commit.short) with \(targets)"
            }
        return "\(settings.place(of: order.operatorName))\n\(what) on "
            + Counted.hosts(order.hosts.count) + pace(order) + "?"
    }
}

extension Deployment {
    /// How many hosts go at once, in words; nothing where there is only one.
    private static func pace(_ order: Order) -> String {
        let sizes = order.waves.counts(hosts: order.hosts.count)
        guard let first = sizes.first, order.hosts.count > 1 else { return "" }
        if sizes.allSatisfy({ $0 == 1 }) { return ", one host after the other" }
        if sizes.count == 1 { return ", all at once" }
        // The last wave takes what is left.
        return sizes.dropLast().allSatisfy { $0 == first }
            ? ", \(first) at once" : ", in waves of \(sizes.map(String.init).joined(separator: ", "))"
    }
}
