import DeployModel
import SystemPackage

/// What this host knows of the commit that each process runs: `<state directory>/running`.
///
/// Two kinds of facts: the checkouts that the agent made of a path (with their times), and for each invocation of a service
/// the commit it started on. An invocation that the agent did not start is judged when it is first seen.
struct RunningRecord: Equatable, Sendable {
    /// How a running commit is known.
    enum Basis: String, Sendable, CaseIterable {
        /// The agent checked it out, and nothing moved HEAD until the process had started.
        case known
        /// From the reflog: the process is older than the record, or somebody else moved HEAD.
        case inferred
        /// The process started while a checkout was going on.
        case mixed
        /// Neither the record nor the reflog says.
        case unknown
    }

    /// The commit of one invocation.
    struct Running: Equatable, Sendable {
        var invocation: String
        var commit: CommitID?
        var basis: Basis
    }

    /// A checkout that the agent made.
    struct Checkout: Equatable, Sendable {
        var bootID: String
        /// CLOCK_BOOTTIME at its beginning and its end, in nanoseconds; a checkout that never ended has none.
        var begun: Int64
        var ended: Int64?
        var commit: CommitID
        /// The wall clock's second at its end: no second checkout of the path is made in the same one.
        var wallSecond: Int64
    }

    private(set) var checkouts: [CanonicalPath: [Checkout]] = [:]
    private(set) var running: [ServiceName: Running] = [:]

    init() {}

    /// The commit that this invocation of a service runs, if that was written down.
    func commit(of service: ServiceName, invocation: String) -> Running? {
        guard let running = running[service], running.invocation == invocation, !invocation.isEmpty else { return nil }
        return running
    }

    /// The last checkout of a path.
    func lastCheckout(of path: CanonicalPath) -> Checkout? { checkouts[path]?.last }

    mutating func note(_ service: ServiceName, _ running: Running) { self.running[service] = running }

    mutating func begin(_ path: CanonicalPath, _ checkout: Checkout) {
        // One that was cut short is over at the latest when the next begins.
        if let last = checkouts[path]?.indices.last, checkouts[path]?[last].ended == nil {
            checkouts[path]?[last].ended = checkout.begun
        }
        // Ten are kept: more than a process can be behind without a restart that was noted.
        checkouts[path] = Array((checkouts[path] ?? []).suffix(9)) + [checkout]
    }

    mutating func end(_ path: CanonicalPath, at time: Int64, wallSecond: Int64) {
        guard let last = checkouts[path]?.indices.last else { return }
        checkouts[path]?[last].ended = time
        checkouts[path]?[last].wallSecond = wallSecond
    }

    /// Judges an invocation that was not started by the agent.
    ///
    /// `started` is the CLOCK_BOOTTIME of the process' start, in nanoseconds.
    /// `head` is the commit that is checked out now.
    /// `headMoves` are the newest entries of HEAD's reflog: when HEAD came to be at which commit, newest first.
    /// `startedWall` is the process' start on the wall clock.
    func judge(
        path: CanonicalPath, bootID: String, started: Int64, startedWall: Timestamp, head: CommitID,
        headMoves: [(time: Timestamp, commit: CommitID)]
    ) -> (commit: CommitID?, basis: Basis) {
        let mine = (checkouts[path] ?? []).filter { $0.bootID == bootID }
        if mine.contains(where: { $0.begun <= started && started <= ($0.ended ?? .max) }) { return (nil, .mixed) }
        if let last = mine.last, let ended = last.ended, ended < started, last.commit == head {
            // Somebody may have moved HEAD away and back; what came after the process started is none of its business.
            let moves = headMoves.filter { $0.time.milliseconds / 1000 > last.wallSecond && $0.time <= startedWall }
            if moves.allSatisfy({ $0.commit == head }) { return (head, .known) }
        }
        // HEAD has stood where it is since its newest entry in the reflog; before that, where the entry before says.
        if let entry = headMoves.first(where: { $0.time <= startedWall }) { return (entry.commit, .inferred) }
        return (nil, .unknown)
    }
}

extension RunningRecord {
    /// A line per fact, with the journal's encoding.
    var text: String {
        var lines: [String] = []
        for (path, list) in checkouts.sorted(by: { $0.key < $1.key }) {
            for one in list {
                lines.append(
                    "checkout \(path) \(one.bootID) \(one.begun) \(one.ended.map(String.init) ?? "-") \(one.commit) "
                        + "\(one.wallSecond)")
            }
        }
        for (service, one) in running.sorted(by: { $0.key < $1.key }) {
            lines.append("running \(service) \(one.invocation) \(one.commit?.text ?? "-") \(one.basis.rawValue)")
        }
        return lines.map { $0 + "\n" }.joined()
    }

    /// Reads the record; lines that are none of ours are dropped: what they knew is then `inferred` or `unknown`.
    init(text: String) {
        for line in text.lines {
            let words = line.words.map(String.init)
            if words.count == 7, words[0] == "checkout", let path = try? CanonicalPath(words[1]),
                let begun = Int64(words[3]), let commit = try? CommitID(words[5]), let second = Int64(words[6])
            {
                checkouts[path, default: []].append(
                    Checkout(
                        bootID: words[2], begun: begun, ended: Int64(words[4]), commit: commit, wallSecond: second))
            } else if words.count == 5, words[0] == "running", let service = try? ServiceName(words[1]),
                let basis = Basis(rawValue: words[4])
            {
                running[service] = Running(invocation: words[2], commit: try? CommitID(words[3]), basis: basis)
            }
        }
    }
}
