import DeployModel
import HostControl

/// What one sample of a service must remember for the next: who the main process was, and how far its log was judged.
struct ServiceTrace: Sendable {
    var log: LogReading
    /// The main process of the first sample. An id may be given again, so its start belongs to it.
    private var process: (pid: Int32, started: Int64)?

    /// - Parameter isNewestOnly: whether the newest lines of the log are enough: for a process that was proven before.
    init(isNewestOnly: Bool = false) { log = LogReading(isNewestOnly: isNewestOnly) }

    /// Takes the main process of a sample.
    ///
    /// - Returns: the id that it had before, when it is another process now.
    mutating func take(_ facts: ProcessFacts) -> Int32? {
        guard let process else {
            process = (facts.pid, facts.started)
            return nil
        }
        return process == (facts.pid, facts.started) ? nil : process.pid
    }
}
