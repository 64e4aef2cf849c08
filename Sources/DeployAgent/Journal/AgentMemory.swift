import DeployModel
import SystemPackage

/// What the agent remembers on disk besides jobs: the running-commit record and the highest fencing token.
///
/// An actor, because the host job and the beat both read and write it.
actor AgentMemory {
    private let recordPath: FilePath
    private let tokenPath: FilePath
    private(set) var record: RunningRecord
    private(set) var highestToken: Int64

    /// Reads what a former life wrote; a file that is not there or not ours counts as empty.
    init(stateDirectory: FilePath) {
        recordPath = stateDirectory.appending("running")
        tokenPath = stateDirectory.appending("token")
        let text = (try? DurableFile.read(recordPath, limit: 1 << 20)).flatMap { $0 } ?? []
        record = RunningRecord(text: String(decoding: text, as: UTF8.self))
        let digits = (try? DurableFile.read(tokenPath, limit: 64)).flatMap { $0 } ?? []
        highestToken = DecimalNumber.parse(digits.filter { $0 != UInt8(ascii: "\n") }) ?? 0
    }

    /// Changes the record and writes it down.
    func update(_ change: @Sendable (inout RunningRecord) -> Void) throws(Errno) {
        let before = record
        change(&record)
        if record != before { try DurableFile.replace(recordPath, with: Array(record.text.utf8)) }
    }

    /// Writes down a token that was given; it never falls.
    func sawToken(_ token: Int64) throws(Errno) {
        guard token > highestToken else { return }
        highestToken = token
        try DurableFile.replace(tokenPath, with: Array("\(token)\n".utf8))
    }
}
