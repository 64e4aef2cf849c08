import Coordination
import DeployModel

/// The commit that a rollback goes to when nobody names one: what was verified before what was verified last. Pure.
enum RollbackChoice {
    /// - Parameter verified: what was proven of the targets.
    /// - Returns: the one commit that all of them go to.
    /// - Throws: ``OperatorError/refused(_:)`` where something was never verified, or hosts would go different ways: an order is
    ///   for one commit, and which hosts are meant is the person's to say.
    static func destination(_ verified: [VerifiedCommits]) throws(OperatorError) -> CommitID {
        let missing = verified.filter { $0.before == nil }
        guard missing.isEmpty else {
            throw .refused(
                missing.map { target in
                    .init(
                        host: target.host.text, service: target.service.text,
                        Refusal(
                            .nothingToDo, "no commit was verified there before \(target.last?.short ?? "this one")",
                            remedy: "name the commit to go to: --to SHA; qtctl history \(target.service) shows them"))
                })
        }
        try requireOne(verified, \.last, "the hosts do not run the same commit")
        try requireOne(verified, \.before, "the hosts did not run the same commit before")
        guard let commit = verified.first?.before else {
            throw .refused(Refusal(.nothingToDo, "no host has any of these services", remedy: "see: qtctl status"))
        }
        return commit
    }

    private static func requireOne(
        _ verified: [VerifiedCommits], _ commit: (VerifiedCommits) -> CommitID?, _ problem: String
    ) throws(OperatorError) {
        let groups = Dictionary(grouping: verified) { commit($0)?.short ?? "none" }
        guard groups.count > 1 else { return }
        let words = groups.map { commit, targets in
            let hosts = Set(targets.map(\.host.text)).sorted(by: NaturalOrder.precedes)
            return "\(commit) on \(Counted.names(hosts))"
        }
        throw .refused(
            Refusal(
                .severalCommits, "\(problem): \(words.sorted().joined(separator: "; "))",
                remedy: "say which hosts are to go back, with --host or --exclude; or to what, with --to SHA"))
    }
}
