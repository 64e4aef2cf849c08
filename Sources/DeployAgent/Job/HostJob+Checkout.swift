import DeployModel
import HostControl
import SystemPackage

/// The checkout of a path, with the job's journal around it and the right asked before it.
extension HostJob {
    /// Checks the ordered commit out, unless it is there.
    func checkOut(_ site: Site) async throws(JobFailure) {
        guard site.tree.head != order.commit else { return }
        let isForward: Bool
        do throws(Refusal) { isForward = try await judge(site) } catch { throw JobFailure(.checkout, error) }
        // Safe point: nothing of this path is touched yet.
        if let lost = await right.refusal {
            throw JobFailure(.checkout, Refusal(.rightLost, lost, remedy: "nothing was touched: deploy again"))
        }
        try await moveHead(site, to: order.commit, step: .checkout) { () throws(HostError) in
            if isForward {
                try await site.tree.repository.fastForward(to: self.order.commit)
            } else {
                try await site.tree.repository.resetKeeping(to: self.order.commit)
            }
        }
        try write(.checkoutDone(path: site.line.path), .checkout)
        Failpoint.checkoutDone.pass()
    }

    /// Whether the ordered commit lies ahead of the one that is checked out.
    ///
    /// - Throws: why it must not be checked out.
    private func judge(_ site: Site) async throws(Refusal) -> Bool {
        let repository = site.tree.repository
        let isForward: Bool
        let obstruction: String?
        do throws(HostError) {
            isForward = try await repository.isAncestor(site.tree.head, of: order.commit)
            obstruction = try await repository.obstructions(from: site.tree.head, to: order.commit).first
        } catch {
            throw Refusal(.checkoutFailed, "\(site.line.path): \(error)")
        }
        if let obstruction {
            throw Refusal(
                .untrackedFileInTheWay,
                "\(VisibleText(obstruction)) is untracked in \(site.line.path), and the commit has a file there",
                remedy: "move it away")
        }
        guard isForward || order.direction == .any else {
            throw Refusal(
                .notFastForward, "\(order.commit.short) does not contain \(site.tree.head.short), which is checked out",
                remedy: "go back on purpose with: qtctl rollback")
        }
        return isForward
    }

    /// Moves HEAD of a path, forward or back; the journal says so before. The record of its end is the caller's.
    func moveHead(
        _ site: Site, to commit: CommitID, step: Step, _ move: () async throws(HostError) -> Void
    ) async throws(JobFailure) {
        try write(.checkoutBegun(path: site.line.path, to: commit), step)
        let subject = TreeMove.Subject(
            path: site.line.path, repository: site.tree.repository, services: site.units.map(\.service),
            reason: "\(attempt): \(step.rawValue) to \(commit)")
        do throws(Refusal) {
            try await TreeMove(tools: tools, memory: memory, bootID: identity.bootID, logger: logger)
                .run(subject, to: commit, move)
        } catch {
            throw JobFailure(step, error)
        }
    }

    /// Lets the services of a path start again: its tree is whole.
    func releaseInterlock(_ site: Site, _ step: Step) throws(JobFailure) {
        do throws(Errno) { try tools.interlock.release(site.units.map(\.service)) } catch {
            throw JobFailure(
                step, Refusal(.hostStateUnreadable, "the interlock of \(site.line.path) can't be released: \(error)"))
        }
    }
}
