import DeployModel
import HostControl

/// A canonical path as the file system and git describe it, found fit to be deployed to.
struct InspectedTree: Sendable {
    let path: CanonicalPath
    let directory: DirectoryFacts
    let repository: GitRepository
    /// What is checked out.
    let head: CommitID
    /// The branch that is checked out.
    let branch: BranchName
    /// The untracked files that git does not ignore: counted, not judged.
    let untracked: Int
}

/// Looks at the work tree before anything is touched, and finds every reason not to touch it.
struct TreeInspection: Sendable {
    let tools: HostTools
    /// Called with each line that fetch and checkout print.
    var onLine: (@Sendable (OutputLine) -> Void)?

    /// Bytes that a deployment leaves free: for the services, the journals and git's own index.
    static let reserve: UInt64 = 64 << 20
    /// How long somebody else's git may hold the index. Looking at a tree takes it for a moment.
    private static let patience = Duration.seconds(3)

    /// What the order demands of the tree.
    struct Demand: Sendable {
        var source: AgentConfiguration.SourceConfiguration
        /// The branch that must be checked out.
        var branch: BranchName
        /// The commits that HEAD may have; nil while planning, when any will do.
        var heads: Set<CommitID>?
        /// Services that the order covers on this path: any other unit that runs from it is foreign.
        var services: Set<ServiceName>
    }

    /// Judges the tree.
    ///
    /// `lock` is the path lock, once it is held; git inherits it.
    /// - Throws: the ``Refusal`` that an operator reads.
    func inspect(
        _ path: CanonicalPath, _ demand: Demand, lock: PathLock? = nil
    ) async throws(Refusal) -> InspectedTree {
        do {
            let directory = try directory(path)
            let repository = try tools.repository(
                path, owner: directory.ownerUID, remote: demand.source.remote, lock: lock, onLine: onLine)
            let place = try await checkRoot(path, repository)
            try await checkKind(path, repository, place)
            try await checkNobodyAtWork(path, repository, place)
            let status = try await repository.status()
            let (branch, head) = try await checkPosition(path, repository, status, demand)
            try checkClean(path, status)
            try await checkNeighbours(path, demand)
            return InspectedTree(
                path: path, directory: directory, repository: repository, head: head, branch: branch,
                untracked: status.untracked.count)
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            throw Refusal(.hostStateUnreadable, "\(path): \(error)")
        }
    }

    private func directory(_ path: CanonicalPath) throws -> DirectoryFacts {
        guard let facts = try DirectoryFacts.of(path.text), facts.isDirectory else {
            throw Refusal(
                .workingDirectoryUnusable, "WorkingDirectory \(path) does not exist or is no directory",
                remedy: "clone the repository there, as the service's user")
        }
        if facts.isReadOnlyMount {
            throw Refusal(
                .treeNotWritable, "\(path) is on a read-only mount, as this agent sees it",
                remedy: "let the agent's unit write there: systemctl edit qtagent, ReadWritePaths=\(path)")
        }
        // Room for the pack and the files: git stops half-way through a checkout when the disk is full.
        if facts.freeBytes < Self.reserve {
            throw Refusal(
                .diskTooFull, "\(path) has \(facts.freeBytes >> 20) MiB left, 64 are wanted", remedy: "make room")
        }
        if facts.ownerUID == 0, let open = try CodeOwner(root: path.text).opening() {
            throw Refusal(
                .codeOwner,
                "\(path) belongs to root and others can write \(VisibleText(open)), so what git runs there runs as root",
                remedy: "give the tree to the service's user: chown -R USER \(path)")
        }
        return facts
    }

    private func checkRoot(_ path: CanonicalPath, _ repository: GitRepository) async throws -> RepositoryPlace {
        let place: RepositoryPlace
        do throws(HostError) { place = try await repository.place() } catch {
            guard case .notAWorkTree(_, let said) = error else { throw error }
            throw Refusal(
                .notAWorkTreeRoot, "\(path) is not in a git work tree of its owner: \(VisibleText(said))",
                remedy: "set WorkingDirectory to the root of the checkout")
        }
        guard place.root == path.text else {
            throw Refusal(
                .notAWorkTreeRoot,
                "\(path) lies inside the work tree of \(VisibleText(place.root)), it is not its root",
                remedy: "set WorkingDirectory to \(VisibleText(place.root))")
        }
        return place
    }

    private func checkKind(
        _ path: CanonicalPath, _ repository: GitRepository, _ place: RepositoryPlace
    ) async throws {
        let found = try await repository.specialities()
        guard !found.isPlain || place.isShallow else { return }
        var kinds: [String] = []
        if !found.submodules.isEmpty { kinds.append("submodules") }
        if !found.lfsFiles.isEmpty { kinds.append("LFS files") }
        if place.isShallow { kinds.append("a shallow history") }
        if found.isSparse { kinds.append("a sparse checkout") }
        if found.isPartial { kinds.append("a partial clone") }
        if let file = found.hidden.first {
            kinds.append("files that git is told not to look at (\(VisibleText(file)))")
        }
        if let key = found.programs.first {
            kinds.append("a program in git's configuration that every checkout would run (\(VisibleText(key)))")
        }
        if let key = found.unchecked.first {
            kinds.append("a remote whose certificate is not checked (\(VisibleText(key)))")
        }
        let key = found.programs.first ?? found.unchecked.first
        throw Refusal(
            .repositoryUnsupported,
            "\(path) has \(kinds.joined(separator: ", ")): a checkout there is not just its commit",
            remedy: key.map {
                "remove that key, in the file that this names: git config --show-origin --get-all '\(VisibleText($0))'"
            } ?? "use a plain, full clone")
    }

    /// An index.lock that stays is somebody's: only they can tell whether it is still of use.
    private func checkNobodyAtWork(
        _ path: CanonicalPath, _ repository: GitRepository, _ place: RepositoryPlace
    ) async throws {
        do throws(HostError) {
            try await repository.requireNoIndexLock(in: place.gitDirectory, patience: Self.patience)
        } catch {
            guard case .gitLocked(let file, let holder) = error else { throw error }
            throw Refusal(
                .pathLocked,
                holder.map { "\(VisibleText($0)) is at work on \(path): it has git's \(VisibleText(file)) open" }
                    ?? "git's \(VisibleText(file)) is there and no process has it open: a git that was killed left it, or "
                    + "somebody's commit waits for its editor",
                remedy:
                    "wait for its end; if no git works there (pgrep -a git), run as the owner: rm \(VisibleText(file))"
            )
        }
    }

    private func checkPosition(
        _ path: CanonicalPath, _ repository: GitRepository, _ status: TreeStatus, _ demand: Demand
    ) async throws -> (BranchName, CommitID) {
        guard let branch = status.branch else {
            throw Refusal(
                .headDetached, "HEAD of \(path) is detached",
                remedy: "run there, as the owner: git checkout \(demand.branch)")
        }
        guard branch == demand.branch else {
            throw Refusal(
                .otherBranch, "\(path) is on branch \(branch), the order is for \(demand.branch)",
                remedy: "run there, as the owner: git checkout \(demand.branch), or deploy --ref \(branch)")
        }
        guard let head = status.head else {
            throw Refusal(.hostStateUnreadable, "\(path) has no commit yet")
        }
        if let heads = demand.heads, !heads.contains(head) {
            throw Refusal(
                .unexpectedHead,
                "HEAD of \(path) is \(head.short), which is neither what the plan saw nor what was ordered",
                remedy: "somebody moved it since the plan: plan again")
        }
        let local = try await repository.localCommits(branch, limit: 20)
        if let first = local.first {
            throw Refusal(
                .localCommits,
                "\(path) has \(local.count) local commit(s) that no remote branch has, the newest \(first.short)",
                remedy: "push or move them; they are shown by: git log HEAD --not --remotes")
        }
        return (branch, head)
    }

    private func checkClean(_ path: CanonicalPath, _ status: TreeStatus) throws {
        guard let changed = status.changed.first else { return }
        let more = status.changed.count > 1 ? " and \(status.changed.count - 1) more" : ""
        throw Refusal(
            .trackedFileChanged, "\(path) has changes that no commit has: \(VisibleText(changed))\(more)",
            remedy: "commit and push them, or run there, as the owner: git stash")
    }

    private func checkNeighbours(_ path: CanonicalPath, _ demand: Demand) async throws {
        let neighbours = try await tools.systemd.units(runningFrom: path)
        // Our own hook runs there too, while a question is answered beside a job.
        let covered = Set(demand.services.map(\.unit)).union([HostJob.hookUnit.unit])
        if let foreign = neighbours.first(where: { !covered.contains($0.id) }) {
            throw Refusal(
                .foreignUnitInPath, "\(VisibleText(foreign.id)) also runs from \(path) and is not part of this",
                remedy: "add it under services in agent.yaml, or give it a checkout of its own")
        }
    }
}
