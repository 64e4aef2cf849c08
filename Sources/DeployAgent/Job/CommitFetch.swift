import DeployModel
import HostControl

/// Brings a commit into a tree's object store, unless it is there: the remote is asked only when it has to be.
struct CommitFetch {
    let repository: GitRepository
    let path: CanonicalPath
    let branch: BranchName
    let commit: CommitID

    /// Whether the commit is here, on the branch as the remote had it last.
    var isHere: Bool {
        get async throws(Refusal) {
            do throws(HostError) {
                guard try await repository.exists(commit) else { return false }
                return try await repository.isAncestor(commit, of: branch)
            } catch {
                throw Refusal(.hostStateUnreadable, "\(path): \(error)")
            }
        }
    }

    /// Fetches.
    ///
    /// - Throws: a ``Refusal`` when the remote can't be reached, or does not have the commit on the branch.
    func run() async throws(Refusal) {
        if try await isHere { return }
        Failpoint.fetching.pass()
        try await bring()
        if try await isHere { return }
        let isKnown: Bool
        do throws(HostError) { isKnown = try await repository.exists(commit) } catch {
            throw Refusal(.hostStateUnreadable, "\(path): \(error)")
        }
        guard isKnown else {
            throw Refusal(
                .commitUnknown, "the remote of \(path) has no commit \(commit.short) on \(branch)",
                remedy: "push it, or plan again: was the branch rewritten?")
        }
        throw Refusal(
            .commitNotOnBranch, "commit \(commit.short) is not on \(branch) of the remote",
            remedy: "merge it there first; if the branch was rewritten since, plan again")
    }

    /// Fetches the branch, and says of a failure whether it is the remote's, the disk's or another git's.
    private func bring() async throws(Refusal) {
        let free = try freeBytes()
        do throws(HostError) {
            try await repository.fetch(branch, atMost: free - min(free, TreeInspection.reserve))
        } catch {
            throw try refusal(error)
        }
    }

    private func refusal(_ error: HostError) throws(Refusal) -> Refusal {
        switch error {
        case .fetchTooLarge:
            return Refusal(
                .diskTooFull, "\(error); 64 MiB are left free",
                remedy: "make room; if the commits are not that large, see what the remote sends")
        case .refLocked(_, let ref, _):
            return Refusal(
                .pathLocked, "\(error)",
                remedy: "wait for its end; if no git works there (pgrep -a git), remove as the owner: "
                    + "\(path)/.git/\(ref).lock")
        default: break
        }
        let left = try freeBytes()
        if left < TreeInspection.reserve {
            return Refusal(
                .diskTooFull, "\(path) has \(left >> 20) MiB left, and the fetch failed: \(error)", remedy: "make room")
        }
        return Refusal(.remoteUnreachable, "\(error)", remedy: "check the remote of \(path) and its access")
    }

    private func freeBytes() throws(Refusal) -> UInt64 {
        do throws(HostError) { return try DirectoryFacts.of(path.text)?.freeBytes ?? 0 } catch {
            throw Refusal(.hostStateUnreadable, "\(path): \(error)")
        }
    }
}
