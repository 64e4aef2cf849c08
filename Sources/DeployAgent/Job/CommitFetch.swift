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
        do throws(HostError) { try await repository.fetch(branch) } catch {
            throw Refusal(.remoteUnreachable, "\(error)", remedy: "check the remote of \(path) and its access")
        }
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
            remedy: "merge it there first")
    }
}
