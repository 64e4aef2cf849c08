internal import DeployModel
package import SystemPackage

/// One run of a program, as a value: what a runner needs, and what a test compares. There is no shell and no search path,
/// nothing is taken over from the caller's environment, and no limit has a default.
package struct HostCommand: Sendable, Equatable {
    /// The program's absolute path.
    package var executable: String
    /// The arguments after the program's name.
    package var arguments: [String]
    /// The whole environment of the child.
    package var environment: [String: String]
    /// Where the child starts.
    package var workingDirectory: String
    /// Whom the child runs as; nil: as the caller.
    package var identity: ProcessIdentity?
    /// How long it may run until its process group is killed.
    package var timeLimit: Duration
    /// How many bytes it may print, on each of its two streams.
    package var outputLimit: Int
    /// What the child has as its standard input.
    package var standardInput: StandardInput
    /// The size in bytes that no file may pass which it writes (RLIMIT_FSIZE); nil for none.
    package var fileSizeLimit: UInt64?
    /// How many of the first arguments are the same for every such command, and are not shown to people.
    package var usualArguments = 0

    /// A child's standard input.
    package enum StandardInput: Sendable, Equatable {
        /// `/dev/null`.
        case nothing
        /// A descriptor of ours, which stays open here. A path lock is handed down this way: its file is empty, so that
        /// reading gives the end at once, and flock(2) holds until the last process that inherited it is gone.
        case inherited(FileDescriptor)
    }

    /// A command; see the properties.
    package init(
        executable: String, arguments: [String], environment: [String: String], workingDirectory: String,
        identity: ProcessIdentity?, timeLimit: Duration, outputLimit: Int, standardInput: StandardInput
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.identity = identity
        self.timeLimit = timeLimit
        self.outputLimit = outputLimit
        self.standardInput = standardInput
    }

    /// The command for errors and evidence: program and arguments, safe to print, at most 300 characters.
    package var shown: String {
        let name = executable.split(separator: "/").last.map(String.init) ?? executable
        let text = VisibleText(([name] + arguments.dropFirst(usualArguments)).joined(separator: " ")).description
        return text.count > 300 ? text.prefix(300) + "..." : text
    }
}

/// Whom a child runs as.
package struct ProcessIdentity: Sendable, Equatable {
    /// The user id.
    package var uid: UInt32
    /// The main group.
    package var gid: UInt32
    /// All further groups; the caller's are never kept.
    package var supplementaryGroups: [UInt32]

    /// An identity; see the properties.
    package init(uid: UInt32, gid: UInt32, supplementaryGroups: [UInt32]) {
        self.uid = uid
        self.gid = gid
        self.supplementaryGroups = supplementaryGroups
    }
}
