import DeployModel
import HostControl
import Logging
import SystemPackage

/// Makes the trees of a job that was cut short one whole commit again, and lets their services start. It needs neither Redis
/// nor the network: the agent does it at its start, and `qtagent recover` at boot, before the services.
struct TreeRecovery: Sendable {
    let configuration: AgentConfiguration
    let tools: HostTools
    let memory: AgentMemory
    let bootID: String
    let logger: Logger

    /// Recovers the trees of one job.
    ///
    /// They become the ordered commit once a restart to it had begun and nothing had failed, else the previous one: so a
    /// service that a boot starts runs what the job will end with.
    /// - Returns: the locks of the paths.
    /// - Throws: a ``Refusal``; the services of a path that is not whole stay forbidden to start.
    func recover(
        _ order: Order, _ progress: JobProgress, _ attempt: AttemptName
    ) async throws(Refusal) -> [CanonicalPath: PathLock] {
        guard let source = configuration.sources[order.source] else {
            throw Refusal(.sourceNotAllowed, "source \(order.source) is no longer in agent.yaml")
        }
        var locks: [CanonicalPath: PathLock] = [:]
        for line in order.lines(of: configuration.host) {
            if progress.checkoutsBegun.contains(line.path), let previous = progress.previous[line.path] {
                let (goal, other) = progress.goesOn ? (order.commit, previous) : (previous, order.commit)
                do {
                    let repository = try await repository(line.path, source)
                    locks[line.path] = repository.lock
                    let isOpen = progress.checkoutsOpen.contains(line.path)
                    try await repository.removeStaleLocks(fetched: order.branch)
                    let route = try await route(repository, to: goal, other: other, isOpen: isOpen)
                    try await walk(route, repository, line, attempt)
                } catch let refusal as Refusal { throw refusal } catch {
                    throw Refusal(.checkoutFailed, "\(line.path): \(error)")
                }
            }
            do throws(Errno) { try tools.interlock.release(line.services) } catch {
                throw Refusal(.hostStateUnreadable, "the interlock of \(line.path) can't be released: \(error)")
            }
        }
        return locks
    }

    /// Removes what git left in the trees of a job that was cut short before it changed one: the next fetch would fail at it.
    func removeLocks(_ order: Order, _ progress: JobProgress) async {
        guard let source = configuration.sources[order.source] else { return }
        for line in order.lines(of: configuration.host) where progress.previous[line.path] != nil {
            do {
                try await repository(line.path, source).removeStaleLocks(fetched: order.branch)
            } catch {
                // The next job of the path says so too, to somebody who waits for it.
                logger.warning("git's lock files not removed", metadata: ["path": "\(line.path)", "error": "\(error)"])
            }
        }
    }

    private func repository(
        _ path: CanonicalPath, _ source: AgentConfiguration.SourceConfiguration
    ) async throws -> GitRepository {
        guard let directory = try DirectoryFacts.of(path.text) else {
            throw Refusal(.workingDirectoryUnusable, "\(path) is gone")
        }
        let lock = try await tools.lock(path)
        return try tools.repository(path, owner: directory.ownerUID, remote: source.remote, lock: lock)
    }

    /// The commits to check out, one after the other.
    ///
    /// A tree that was cut in the middle of a checkout, or lived through a loss of power since, is made from nothing: first the
    /// commit that it must not be, so that git's index knows the files which only that one has, and removes them.
    private func route(
        _ repository: GitRepository, to goal: CommitID, other: CommitID, isOpen: Bool
    ) async throws -> [CommitID] {
        let path = repository.commands.directory
        let isOfThisBoot = await memory.record.lastCheckout(of: path)?.bootID == bootID
        if isOpen || !isOfThisBoot {
            try await repository.dropIndex()
            return [other, goal]
        }
        return try await repository.head() == goal ? [] : [goal]
    }

    private func walk(
        _ route: [CommitID], _ repository: GitRepository, _ line: Order.Line, _ attempt: AttemptName
    ) async throws {
        let mover = TreeMove(tools: tools, memory: memory, bootID: bootID, logger: logger)
        let subject = TreeMove.Subject(
            path: line.path, repository: repository, services: line.services, reason: "\(attempt): recovery")
        for commit in route {
            logger.notice("making a tree whole", metadata: ["path": "\(line.path)", "commit": "\(commit.short)"])
            try await mover.run(subject, to: commit) { () throws(HostError) in
                try await repository.resetHard(to: commit)
            }
        }
    }
}
