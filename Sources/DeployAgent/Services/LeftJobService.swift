import DeployModel
import HostControl
import ServiceLifecycle
import SystemPackage

/// Finds jobs by hand (`qtagent deploy`) that were cut short while the agent runs, and offers them to the ``JobService``, which
/// recovers them. The agent's own jobs are cut short only with itself.
struct LeftJobService: Service {
    let host: HostName
    let stateDirectory: String
    let queue: JobQueue

    /// What is to be seen in one look at a folder of a few names.
    private static let pause: Duration = .seconds(5)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            let jobs = FilePath(stateDirectory).appending("jobs")
            var settled: Set<String> = []
            while !Task.isCancelled {
                let names = DurableFile.names(in: jobs)
                settled.formIntersection(names)
                for name in names where !settled.contains(name) {
                    switch Self.look(name, host: host, stateDirectory: stateDirectory) {
                    case .settled: settled.insert(name)
                    case .underWay: continue
                    case .left(let attempt): await queue.offer(left: attempt)
                    }
                }
                guard (try? await Task.sleep(for: Self.pause)) != nil else { return }
            }
        }
    }

    /// What a journal is.
    enum Look: Equatable {
        /// Ended, or none that this service looks after; it stays so.
        case settled
        /// Somebody works on it, or has only just begun it.
        case underWay
        /// Its process is gone, and no git of it is left.
        case left(AttemptName)
    }

    static func look(_ name: String, host: HostName, stateDirectory: String) -> Look {
        guard let attempt = AttemptName(journal: name, host: host) else { return .settled }
        let jobs = FilePath(stateDirectory).appending("jobs")
        guard let isByHand = JobJournal.isByHand(attempt, in: jobs) else { return .underWay }
        guard isByHand else { return .settled }
        guard let records = try? JobJournal.records(of: attempt, in: jobs), !records.isEmpty else { return .underWay }
        let progress = JobProgress(records)
        if progress.verdict != nil { return .settled }
        if JobJournal.isHeld(attempt, in: jobs) { return .underWay }
        for path in progress.checkoutsBegun {
            do throws(HostError) { _ = try PathLock.take(path, stateDirectory: stateDirectory) } catch {
                // A git that outlives its killed parent; nobody kills it, as systemd does with those of the agent.
                if case .pathLocked = error { return .underWay }
            }
        }
        return .left(attempt)
    }
}
