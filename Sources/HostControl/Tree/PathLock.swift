package import DeployModel
internal import Glibc
package import SystemPackage

/// The right to work on one directory of this host: flock(2) on a file named by the directory's device and inode.
///
/// The kernel drops the lock when the last descriptor of this opening is closed. Git gets the descriptor as its standard
/// input: if the agent dies in the middle, the lock lives as long as git does, and recovery waits for it. The file stays
/// empty and is never removed; it is opened for reading only, so that nobody can write through an inherited descriptor.
package final class PathLock: Sendable {
    /// The directory.
    package let path: CanonicalPath
    /// The directory's device and inode when the lock was taken.
    package let identity: FileIdentity
    /// The locked descriptor, for a child's standard input. Open as long as this object lives.
    package let descriptor: FileDescriptor

    private init(path: CanonicalPath, identity: FileIdentity, descriptor: FileDescriptor) {
        self.path = path
        self.identity = identity
        self.descriptor = descriptor
    }

    /// Ends our part of the lock; a child that inherited the descriptor keeps its own.
    deinit { try? descriptor.close() }

    /// Takes the lock, or refuses at once.
    ///
    /// - Parameters:
    ///   - path: The directory to work on; it must exist.
    ///   - stateDirectory: The agent's state directory; the lock lies in `locks/`, which is made with mode 0700.
    /// - Returns: The lock; it is held as long as it lives.
    /// - Throws: ``HostError/pathLocked(path:holder:)`` when somebody holds it; `unreadable` and `unwritable`.
    package static func take(_ path: CanonicalPath, stateDirectory: String) throws(HostError) -> PathLock {
        guard let facts = try DirectoryFacts.of(path.text) else {
            throw .unreadable(path: path.text, reason: "it does not exist")
        }
        let folder = stateDirectory + "/locks"
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
            throw .unwritable(path: folder, reason: SystemText.ofErrno())
        }
        let file = folder + "/" + facts.identity.description + ".lock"
        let number = open(file, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard number >= 0 else { throw .unwritable(path: file, reason: SystemText.ofErrno()) }
        guard flock(number, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            let holder = LockHolder.find(file: number)
            close(number)
            if code == EWOULDBLOCK { throw .pathLocked(path: path.text, holder: holder) }
            throw .unwritable(path: file, reason: SystemText.of(code))
        }
        return PathLock(path: path, identity: facts.identity, descriptor: FileDescriptor(rawValue: number))
    }

    /// Takes the lock, trying again until `patience` has run out.
    ///
    /// A lock that was just released can look held for a moment: while any other child of the agent is between fork(2) and
    /// execve(2), it has a copy of every descriptor.
    ///
    /// - Parameters:
    ///   - path: The directory to work on; it must exist.
    ///   - stateDirectory: As in ``take(_:stateDirectory:)``.
    ///   - patience: How long to try; a second is enough for the moment above.
    /// - Returns: The lock.
    /// - Throws: As ``take(_:stateDirectory:)``; at once when the task is cancelled.
    package static func take(
        _ path: CanonicalPath, stateDirectory: String, patience: Duration
    ) async throws(HostError) -> PathLock {
        var left = patience
        let pause = Duration.milliseconds(20)
        while true {
            do { return try take(path, stateDirectory: stateDirectory) } catch {
                guard case .pathLocked = error, left > .zero else { throw error }
                do { try await Task.sleep(for: pause) } catch { throw .cancelled(command: "the lock of \(path)") }
                left -= pause
            }
        }
    }
}
