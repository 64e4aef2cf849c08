internal import Glibc
internal import Subprocess
internal import SystemPackage

/// The one runner: each child in a session and process group of its own, with exactly the given environment, no descriptor
/// but the three, and nothing of its group alive when `run` returns.
///
/// A child that puts itself into another session escapes the group; none of the agent's commands does. The agent's own unit
/// (KillMode=control-group) is the net below this one.
package struct CommandRunner: CommandRunning {
    /// How long a process group has between TERM and KILL.
    static let grace = Duration.seconds(2)

    /// The runner has no state.
    package init() {}

    package func run(
        _ command: HostCommand, onLine: (@Sendable (OutputLine) -> Void)?
    ) async throws(HostError) -> CommandResult {
        let begun = BootClock.monotonic()
        let outcome = await withTaskGroup(of: Outcome.self) { group in
            group.addTask { await Self.child(command, onLine) }
            group.addTask {
                // Ends early, and unnoticed, when the child was first.
                try? await Task.sleep(for: command.timeLimit)
                return .limitReached
            }
            let first = await group.next() ?? .limitReached
            group.cancelAll()
            // The child's task returns only when its process is reaped.
            let second = await group.next() ?? first
            return Outcome.decided(first, second, isCancelled: Task.isCancelled)
        }
        switch outcome {
        case .ended(var result):
            result.duration = .nanoseconds(BootClock.monotonic() - begun)
            return result
        case .limitReached: throw .timeLimit(command: command.shown, limit: command.timeLimit)
        case .cancelled: throw .cancelled(command: command.shown)
        case .failed(let error): throw error
        }
    }

    private enum Outcome: Sendable {
        case ended(CommandResult)
        case limitReached
        case cancelled
        case failed(HostError)

        /// The timer's task also returns when the whole command is cancelled, so that order alone does not tell.
        static func decided(_ first: Outcome, _ second: Outcome, isCancelled: Bool) -> Outcome {
            if case .limitReached = first {
                if case .failed(.cannotStart) = second { return second }
                return isCancelled ? .cancelled : .limitReached
            }
            if case .failed(.cannotStart) = first { return first }
            return isCancelled ? .cancelled : first
        }
    }

    private static func child(
        _ command: HostCommand, _ onLine: (@Sendable (OutputLine) -> Void)?
    ) async -> Outcome {
        // setpriv(1) would tell it less well.
        guard access(command.executable, X_OK) == 0 else {
            return .failed(.cannotStart(command: command.shown, reason: SystemText.ofErrno()))
        }
        do {
            switch command.standardInput {
            case .nothing: return .ended(try await spawn(command, input: .none, onLine))
            case .inherited(let descriptor):
                let input = FileDescriptorInput.fileDescriptor(descriptor, closeAfterSpawningProcess: false)
                return .ended(try await spawn(command, input: input, onLine))
            }
        } catch let error as HostError {
            return .failed(error)
        } catch is CancellationError {
            return .cancelled
        } catch {
            return .failed(.cannotStart(command: command.shown, reason: String(describing: error)))
        }
    }

    private static func spawn(
        _ command: HostCommand, input: some InputProtocol, _ onLine: (@Sendable (OutputLine) -> Void)?
    ) async throws -> CommandResult {
        let configuration = configuration(of: command)
        let execution = try await Subprocess.run(
            configuration, input: input, output: .sequence, error: .sequence
        ) { execution -> Result<CapturedOutput, HostError> in
            do {
                return .success(
                    try await CapturedOutput.read(
                        execution.standardOutput, execution.standardError, of: command, onLine))
            } catch {
                await execution.teardown(using: configuration.platformOptions.teardownSequence)
                return .failure(
                    error as? HostError ?? .oddAnswer(command: command.shown, found: String(describing: error)))
            }
        }
        // Ends what the command left behind, also when it ended well or on TERM. The child was reaped, but a group's number
        // is not given to another process as long as the group has a member, so this hits the group or nothing.
        _ = kill(-execution.processIdentifier.value, SIGKILL)
        let termination: Termination =
            switch execution.terminationStatus {
            case .exited(let code): .exited(code)
            case .signaled(let number): .signalled(number)
            }
        let captured = try execution.closureResult.get()
        return CommandResult(
            termination: termination, standardOutput: captured.standardOutput,
            standardError: captured.standardError, duration: .zero)
    }

    /// The command line, as the user that the command names.
    ///
    /// By setpriv(1), in a process of one thread. Between fork and exec it can't be done here: glibc's setgroups(2) waits for
    /// the threads of the parent, which a child of swift-subprocess' clone3(2) does not have, and now and then it waited for
    /// ever (decision 6). Whoever we are already we need not become: only root may change groups.
    private static func words(of command: HostCommand) -> [String] {
        var words = [command.executable] + command.arguments
        if let limit = command.fileSizeLimit { words = ["/usr/bin/prlimit", "--fsize=\(limit)", "--"] + words }
        guard let identity = command.identity, identity.uid != geteuid() else { return words }
        let groups = identity.supplementaryGroups.map(String.init).joined(separator: ",")
        return [
            "/usr/bin/setpriv", "--reuid=\(identity.uid)", "--regid=\(identity.gid)",
            groups.isEmpty ? "--clear-groups" : "--groups=\(groups)", "--",
        ] + words
    }

    private static func configuration(of command: HostCommand) -> Configuration {
        var options = PlatformOptions()
        options.createSession = true
        options.teardownSequence = [
            .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: grace)
        ]
        let words = words(of: command)
        return Configuration(
            executable: .path(FilePath(words[0])), arguments: Arguments(Array(words.dropFirst())),
            environment: .custom(command.environment.map { Array("\($0)=\($1)\0".utf8) }),
            workingDirectory: FilePath(command.workingDirectory), platformOptions: options)
    }
}
