import DeployModel
import HostControl
import SystemPackage

/// The checkout of a path, with the job's journal around it and the right asked before it.
extension HostJob {
    /// Checks the ordered commit out, unless it is there.
    func checkOut(_ site: Site) async throws(JobFailure) {
        guard site.tree.head != order.commit else { return }
        let isForward: Bool
        // Again: there was time for changes while the lease was waited for.
        do throws(Refusal) { isForward = try await judge(site) } catch { throw JobFailure(.checkout, error) }
        // Safe point: nothing of this path is touched yet.
        if let lost = await right.refusal {
            throw JobFailure(.checkout, Refusal(.rightLost, lost, remedy: "nothing was touched: deploy again"))
        }
        try await confirmTrust(.checkout)
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

    /// While the job waited, for its acceptance or a lease, its time may have run out, a closed time may have begun, and whoever
    /// signed the order may have lost the right to.
    func confirmTrust(_ step: Step) async throws(JobFailure) {
        do throws(Refusal) {
            if verified.isOrdered {
                let now = WallClock.now()
                try Admission.requireTime(order, now: now)
                if let no = configuration.policy.refusal(order, lines.flatMap(\.services), now: now) { throw no }
            }
            try await trust.confirm(verified)
        } catch {
            throw JobFailure(step, error)
        }
    }

    /// Whether the ordered commit lies ahead of the one that is checked out.
    ///
    /// - Throws: why it must not be checked out.
    func judge(_ site: Site) async throws(Refusal) -> Bool {
        let (path, repository, head) = (site.line.path, site.tree.repository, site.tree.head)
        let isForward: Bool
        do {
            isForward = try await repository.isAncestor(head, of: order.commit)
            if let changed = try await repository.status().changed.first {
                throw Refusal(
                    .trackedFileChanged, "\(VisibleText(changed)) in \(path) was changed a moment ago",
                    remedy: "commit and push it, or run there, as the owner: git stash")
            }
            if let obstruction = try await repository.obstructions(from: head, to: order.commit).first {
                throw Refusal(
                    .untrackedFileInTheWay,
                    "\(VisibleText(obstruction)) is untracked in \(path), and the commit has a file there",
                    remedy: "move it away")
            }
            try judge(path, try await repository.checkout(from: head, to: order.commit))
        } catch let refusal as Refusal { throw refusal } catch {
            throw Refusal(.checkoutFailed, "\(path): \(error)")
        }
        guard isForward || order.direction == .any else {
            throw Refusal.notForward(order.commit, from: head)
        }
        return isForward
    }

    private func judge(_ path: CanonicalPath, _ checkout: CheckoutSize) throws {
        if let submodule = checkout.submodules.first {
            throw Refusal(
                .repositoryUnsupported,
                "\(order.commit.short) has a submodule (\(VisibleText(submodule))): a checkout is not just its commit",
                remedy: "put its files into the repository")
        }
        let free = try DirectoryFacts.of(path.text)?.freeBytes ?? 0
        guard checkout.bytes <= free - min(free, TreeInspection.reserve) else {
            throw Refusal(
                .diskTooFull,
                "\(path) has \(free >> 20) MiB left; the files of \(order.commit.short) take \(checkout.bytes >> 20), "
                    + "and 64 must be left", remedy: "make room")
        }
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
                .run(subject, to: commit) { () throws(HostError) in
                    self.openMoves.insert(site.line.path)
                    try await move()
                }
            openMoves.remove(site.line.path)
        } catch {
            throw JobFailure(step, Self.named(error, site.line.path))
        }
    }

    /// A checkout that failed, with a full disk for its reason where the disk is full.
    private static func named(_ refusal: Refusal, _ path: CanonicalPath) -> Refusal {
        guard refusal.rule == .checkoutFailed, let facts = try? DirectoryFacts.of(path.text),
            facts.freeBytes < TreeInspection.reserve
        else { return refusal }
        return Refusal(
            .diskTooFull, "\(path) has \(facts.freeBytes >> 20) MiB left, and the checkout failed: \(refusal.message)",
            remedy: "make room; see what fills the disk: df \(path)")
    }

    /// Lets the services of a path start again: its tree is whole.
    func releaseInterlock(_ site: Site, _ step: Step) throws(JobFailure) {
        do throws(Errno) { try tools.interlock.release(site.units.map(\.service)) } catch {
            throw JobFailure(
                step, Refusal(.hostStateUnreadable, "the interlock of \(site.line.path) can't be released: \(error)"))
        }
    }
}

extension Refusal {
    /// A commit that does not have the one behind it that is checked out: an older one, or the branch was rewritten.
    static func notForward(_ commit: CommitID, from head: CommitID) -> Refusal {
        Refusal(
            .notFastForward, "\(commit.short) does not contain \(head.short), which is checked out",
            remedy:
                "to go there on purpose: qtctl rollback SERVICE --to \(commit); without Redis, on the host, as root: "
                + "qtagent deploy SERVICE --commit \(commit) --reason TEXT --allow-downgrade")
    }
}
