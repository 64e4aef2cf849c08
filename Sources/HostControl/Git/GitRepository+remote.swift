package import DeployModel

// What the remote knows.
extension GitRepository {
    /// The remote's URL, as git would use it.
    ///
    /// - Throws: ``HostError/noSuchRemote(path:remote:)``, ``HostError/transportRefused(path:remote:url:)``.
    package func remoteURL() async throws(HostError) -> RemoteURL {
        let command = commands.remoteURL(remote)
        let result = try await runner.run(command, onLine: nil)
        switch result.termination {
        case .exited(0): break
        // git-remote(1): 2 when there is no such remote.
        case .exited(2): throw .noSuchRemote(path: commands.directory.text, remote: remote.text)
        default: throw .failed(command: command.shown, termination: result.termination, said: result.lastWords)
        }
        let text = Self.line(result)
        guard let url = RemoteURL(text) else {
            // Only what stands before the address is shown: the rest may hold a password.
            let scheme = text.prefix { $0 != "/" && $0 != "@" }
            throw .transportRefused(path: commands.directory.text, remote: remote.text, url: scheme + "...")
        }
        return url
    }

    /// What the remote has for the branch now; nil when it has no such branch. Changes nothing here.
    package func lsRemote(_ branch: BranchName) async throws(HostError) -> CommitID? {
        let url = try await remoteURL()
        let command = commands.lsRemote(remote, branch, by: url.transport)
        for line in try await runner.succeed(command).text.split(separator: "\n") {
            let words = line.split(separator: "\t")
            // The pattern also finds `refs/heads/x/refs/heads/main`.
            guard words.count == 2, words[1] == "refs/heads/" + branch.text else { continue }
            guard let commit = try? CommitID(words[0]) else {
                throw .oddAnswer(command: command.shown, found: String(line))
            }
            return commit
        }
        return nil
    }
}
