internal import DeployModel

/// Whatever this target can refuse or fail with. Every description is one line that names the thing and the remedy; text
/// that came from a tool or a file is shown through ``VisibleText``.
package enum HostError: Error, Equatable, Sendable {
    /// A program could not be started at all.
    case cannotStart(command: String, reason: String)
    /// A command ran longer than its limit; its process group was killed.
    case timeLimit(command: String, limit: Duration)
    /// A command printed more than its limit on one stream; its process group was killed and nothing of it is used.
    case outputLimit(command: String, bytes: Int)
    /// The task that waited for a command was cancelled; its process group was killed.
    case cancelled(command: String)
    /// A command ended otherwise than with 0 where nothing else is an answer. `said` is the last of what it printed.
    case failed(command: String, termination: Termination, said: String)
    /// A tool's answer does not have the shape that its manual promises.
    case oddAnswer(command: String, found: String)
    /// A file, directory or /proc entry could not be read.
    case unreadable(path: String, reason: String)
    /// A file could not be written, created or removed.
    case unwritable(path: String, reason: String)
    /// A line of a file breaks the file's syntax.
    case malformed(path: String, line: Int, reason: String)
    /// The system knows no such user or uid.
    case noSuchUser(String)
    /// The directory is not inside a git work tree.
    case notAWorkTree(path: String, said: String)
    /// The repository has no such remote.
    case noSuchRemote(path: String, remote: String)
    /// The remote's URL uses a transport that is not on the allow-list.
    case transportRefused(path: String, remote: String, url: String)
    /// Somebody else works on this path. `holder` names the process, where it could be found.
    case pathLocked(path: String, holder: String?)
    /// git's index.lock or a ref's lock lies in the repository: somebody else's git works there, or died there.
    case gitLocked(lock: String, holder: String?)
    /// A fetch brought the commits and could not move the ref, however often it was tried.
    case refLocked(path: String, ref: String, said: String)
    /// A fetch was ended because it brought more than there is room for.
    case fetchTooLarge(path: String, bytes: UInt64)
    /// The metrics endpoint gave no whole answer within its limits.
    case noMetrics(url: String, reason: String)
    /// Metrics can't be offered there: the port is taken, the folder is missing.
    case cannotListen(address: String, reason: String)
    /// The service manager's notification socket did not take a message.
    case notNotified(reason: String)
}

extension HostError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .cannotStart(let command, let reason):
            "cannot start \(safe(command)): \(safe(reason)); install the program or mend its rights"
        case .timeLimit(let command, let limit):
            "\(safe(command)) was killed after its limit of \(limit); find out what it waited for"
        case .outputLimit(let command, let bytes):
            "\(safe(command)) printed more than \(bytes) bytes and was killed; run it by hand to see why"
        case .cancelled(let command): "\(safe(command)) was cancelled; start the step again"
        case .failed(let command, let termination, let said):
            "\(safe(command)) ended with \(termination): \(safe(said)); run it by hand to see why"
        case .oddAnswer(let command, let found):
            "\(safe(command)) gave an answer that is not understood (\(safe(found))); check the tool's version"
        case .unreadable(let path, let reason):
            "cannot read \(safe(path)): \(safe(reason)); check that it is there and that the agent may read it"
        case .unwritable(let path, let reason):
            "cannot write \(safe(path)): \(safe(reason)); check its owner, its mode and ReadWritePaths="
        case .malformed(let path, let line, let reason): "\(safe(path)) line \(line): \(safe(reason)); mend this line"
        case .noSuchUser(let name): "there is no user \(safe(name)) on this host; create it or mend User="
        case .notAWorkTree(let path, let said):
            "\(safe(path)) is not a git work tree (\(safe(said))); clone the repository there as its owner"
        case .noSuchRemote(let path, let remote):
            "\(safe(path)) has no remote \(safe(remote)); add it with git remote add"
        case .transportRefused(let path, let remote, let url):
            "\(safe(path)) has the remote \(safe(remote)) at \(safe(url)); use an https, ssh, git or file address"
        case .pathLocked(let path, let holder):
            "\(safe(path)) is being worked on by \(safe(holder ?? "another process")); wait for its end"
        case .gitLocked(let lock, let holder):
            holder.map { "\(safe($0)) has \(safe(lock)): git is at work there; wait for its end" }
                ?? "\(safe(lock)) is there and no process has it open; if no git works there, remove it as its owner"
        case .refLocked(let path, let ref, let said):
            "git in \(safe(path)) can't move \(safe(ref)): \(safe(said)); see whether another git works there"
        case .fetchTooLarge(let path, let bytes):
            "the fetch in \(safe(path)) was ended at \(bytes >> 20) MiB: there is no room for more"
        case .noMetrics(let url, let reason):
            "no metrics from \(safe(url)): \(safe(reason)); check the service's metrics port"
        case .cannotListen(let address, let reason):
            "cannot offer metrics at \(safe(address)): \(safe(reason)); free the port, or make the folder and let the agent "
                + "write there"
        case .notNotified(let reason):
            "the service manager took no notification: \(safe(reason)); run the agent as a Type=notify unit"
        }
    }

    /// At most 400 characters of a text from outside.
    private func safe(_ text: String) -> VisibleText { VisibleText(text.prefix(400)) }
}
