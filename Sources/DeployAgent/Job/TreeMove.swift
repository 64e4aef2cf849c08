import DeployModel
import HostControl
import Logging
import SystemPackage

/// One checkout of a path, forward or back, from the interlock before it to the proof that the tree is whole. The caller holds
/// the path lock and has announced it in the job's journal.
struct TreeMove: Sendable {
    let tools: HostTools
    let memory: AgentMemory
    let bootID: String
    let logger: Logger

    /// What is moved.
    struct Subject: Sendable {
        var path: CanonicalPath
        var repository: GitRepository
        /// The services that run from the path: none of them may start meanwhile.
        var services: [ServiceName]
        /// Who moves it, for a person who wonders why a service does not start.
        var reason: String
    }

    /// What syncing the tree's file system may take.
    static let syncLimit = Duration.seconds(120)

    /// How long a start may take that a checkout waits for.
    private static let startLimit = Duration.seconds(20)
    /// The age at which a process has read what it runs from.
    private static let adultMicroseconds: Int64 = 2_000_000

    /// Moves HEAD and tree by `move` and proves that they are `commit`. The interlock stays engaged: who restarts the services
    /// releases it.
    ///
    /// - Throws: a ``Refusal`` with rule `checkout_failed` or `head_differs`; the tree may then be anything.
    func run(_ subject: Subject, to commit: CommitID, _ move: () async throws(HostError) -> Void) async throws(Refusal)
    {
        do {
            try await waitForAnotherSecond(subject.path)
            try tools.interlock.engage(subject.services, reason: subject.reason)
            try await waitForStarts(subject.services)
            await begin(subject.path, commit)
            Failpoint.checkoutBegun.pass()
            try await move()
            Failpoint.checkoutMoved.pass()
            try await prove(subject, commit)
            try await FileSystemSync(runner: tools.runner, limit: Self.syncLimit).run(subject.path)
            await end(subject.path)
        } catch let refusal as Refusal { throw refusal } catch {
            throw Refusal(.checkoutFailed, "\(subject.path): \(error)")
        }
    }

    /// A start that systemd had allowed a moment before may still read files: its process is let come of age, or die.
    private func waitForStarts(_ services: [ServiceName]) async throws {
        let deadline = ContinuousClock.now + Self.startLimit
        while let young = try await tools.systemd.show(services).first(where: isStarting) {
            guard ContinuousClock.now < deadline else {
                throw Refusal(
                    .checkoutFailed, "\(young.service) is in the middle of a start since \(Self.startLimit)",
                    remedy: "wait until it is up, or stop it")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private func isStarting(_ facts: UnitFacts) -> Bool {
        if facts.activeState == "activating" { return facts.subState != "auto-restart" }
        guard facts.mainPID != nil else { return false }
        return BootClock.monotonic() / 1000 - Int64(clamping: facts.mainStarted) < Self.adultMicroseconds
    }

    /// Python trusts byte code by a source file's size and whole-second time, and ran the wrong version when two checkouts of
    /// a path shared a second.
    private func waitForAnotherSecond(_ path: CanonicalPath) async throws {
        guard let last = await memory.record.lastCheckout(of: path)?.wallSecond else { return }
        while WallClock.now().milliseconds / 1000 == last { try await Task.sleep(for: .milliseconds(20)) }
    }

    private func prove(_ subject: Subject, _ commit: CommitID) async throws {
        let status = try await subject.repository.status()
        guard status.head == commit else {
            throw Refusal(.headDiffers, "HEAD of \(subject.path) is not \(commit.short) after the checkout")
        }
        if let changed = status.changed.first {
            throw Refusal(
                .treeChanged,
                "\(VisibleText(changed)) in \(subject.path) is not as in \(commit.short) after the checkout")
        }
    }

    private func begin(_ path: CanonicalPath, _ commit: CommitID) async {
        let checkout = RunningRecord.Checkout(
            bootID: bootID, begun: BootClock.now(), ended: nil, commit: commit,
            wallSecond: WallClock.now().milliseconds / 1000)
        await note { $0.begin(path, checkout) }
    }

    private func end(_ path: CanonicalPath) async {
        let ended = BootClock.now()
        let second = WallClock.now().milliseconds / 1000
        await note { $0.end(path, at: ended, wallSecond: second) }
    }

    /// The record only tells which commit a process runs. When it can't be written, that is told less surely later; no tree is
    /// left half done for it.
    private func note(_ change: @Sendable (inout RunningRecord) -> Void) async {
        do throws(Errno) { try await memory.update(change) } catch {
            logger.error("checkout not written down", metadata: ["error": "\(error)"])
        }
    }
}
