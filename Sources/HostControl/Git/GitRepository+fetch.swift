package import DeployModel
internal import Glibc

// What brings commits here. The caller holds the path lock.
extension GitRepository {
    /// How often a fetch is tried that somebody else's git kept from moving the ref.
    private static let attempts = 5

    /// Brings the remote's branch here, to `refs/remotes/<remote>/<branch>`, and touches nothing else. What a fetch that
    /// failed has brought half is removed: it would fill the disk, a bit more each time.
    ///
    /// - Parameters:
    ///   - branch: The branch.
    ///   - bytes: The most that it may bring.
    /// - Throws: ``HostError/refLocked(path:ref:said:)`` when another git is in the way for longer than a moment,
    ///   ``HostError/fetchTooLarge(path:bytes:)``, and what any command throws.
    package func fetch(_ branch: BranchName, atMost bytes: UInt64) async throws(HostError) {
        let url = try await remoteURL()
        let folder = try await gitDirectory() + "/objects/pack"
        let before = try TemporaryPack.all(in: folder)
        do throws(HostError) {
            try await fetchPatiently(
                commands.fetch(remote, branch, by: url.transport, atMost: bytes),
                GitCommands.trackingRef(remote, branch))
        } catch {
            let left = (try? TemporaryPack.all(in: folder).subtracting(before)) ?? []
            await remove(left, in: folder)
            guard left.contains(where: { $0.bytes >= bytes }) else { throw error }
            throw .fetchTooLarge(path: commands.directory.text, bytes: bytes)
        }
    }

    /// git ends with 1 when it has brought the objects and could not move the ref, because another git held it or moved it
    /// meanwhile; with 128 for everything else (git-fetch has no word for it in its manual; builtin/fetch.c).
    private func fetchPatiently(_ command: HostCommand, _ ref: String) async throws(HostError) {
        var command = command
        var said = ""
        for attempt in 1...Self.attempts {
            let result: CommandResult
            do throws(HostError) { result = try await runner.run(command, onLine: onLine) } catch {
                guard case .timeLimit = error, attempt > 1 else { throw error }
                break
            }
            if result.succeeded { return }
            guard result.termination == .exited(1) else {
                throw .failed(command: command.shown, termination: result.termination, said: result.lastWords)
            }
            said = result.lastWords
            command.timeLimit -= result.duration
            if command.timeLimit <= Duration.zero { break }
        }
        throw .refLocked(path: commands.directory.text, ref: ref, said: said)
    }

    private func remove(_ packs: Set<TemporaryPack>, in folder: String) async {
        // Somebody else's git may have begun a fetch at the same time: what a process writes to is not ours.
        let paths = packs.map { folder + "/" + $0.name }.filter { ProcessTable().opener(of: $0) == nil }
        guard lock != nil, !paths.isEmpty else { return }
        // What stays costs room, and the failure that is told is the fetch's.
        _ = try? await runner.run(commands.removeFiles(paths.sorted()), onLine: nil)
    }
}

/// A file that git receives a pack into, its index or its reverse index. It gets its name when it is whole, so that one with
/// this name, which nobody writes to, is of no use to anybody.
struct TemporaryPack: Hashable {
    let name: String
    let bytes: UInt64

    static func == (left: TemporaryPack, right: TemporaryPack) -> Bool { left.name == right.name }

    func hash(into hasher: inout Hasher) { hasher.combine(name) }

    static func all(in folder: String) throws(HostError) -> Set<TemporaryPack> {
        var found: Set<TemporaryPack> = []
        for name in try ProcFile(path: folder).names() ?? [] where name.hasPrefix("tmp_") {
            var status = stat()
            guard lstat(folder + "/" + name, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
            found.insert(TemporaryPack(name: name, bytes: UInt64(clamping: status.st_size)))
        }
        return found
    }
}
