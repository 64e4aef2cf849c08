import Coordination
import DeployModel
import Glibc
import SystemPackage

/// The reports that Redis has not taken yet: `<state directory>/spool/<rollout>-<op>-<attempt>`. A report is on the disk
/// before it is sent, and goes from there only when Redis has taken it or never will. The newest of those are kept in
/// `<state directory>/published`, for a Redis that comes back from a copy of an earlier time.
///
/// The report of a job is held until the job's journal has its end: were it sent before, a crash in between would let
/// recovery judge the job a second time.
struct ReportSpool: Sendable {
    private static let held = ".held"
    /// How many published reports are kept.
    static let kept = 16
    /// How many there may be before the oldest go: telling which they are takes reading them all, which not every job shall pay.
    static let most = 2 * kept
    private let directory: FilePath
    private let publishedDirectory: FilePath

    init(stateDirectory: FilePath) {
        directory = stateDirectory.appending("spool")
        publishedDirectory = stateDirectory.appending("published")
    }

    /// A report as it waits.
    struct Report: Equatable, Sendable {
        var attempt: AttemptName
        var token: Int64?
        var detail: String
        var targets: [TargetReport]
        /// The order of a job by hand, which Redis knows nothing of; nil for a job of the fleet.
        var byHand: Order?

        /// When the last target had its verdict, by this host's clock.
        var finishedAt: Timestamp? { targets.map(\.finishedAt).max() }
    }

    func prepare() throws(Errno) {
        try DurableFile.makeDirectory(directory)
        try DurableFile.makeDirectory(publishedDirectory)
    }

    /// Writes a report down that may be sent at once.
    func put(_ report: Report) throws(Errno) {
        try DurableFile.replace(directory.appending(report.attempt.description), with: Array(report.text.utf8))
    }

    /// Writes a report down that is not sent before ``release(_:)``.
    func hold(_ report: Report) throws(Errno) {
        try DurableFile.replace(
            directory.appending(report.attempt.description + Self.held), with: Array(report.text.utf8))
    }

    /// The report that is held for an attempt.
    func held(_ attempt: AttemptName) -> Report? {
        read(directory.appending(attempt.description + Self.held), attempt)
    }

    /// Lets the report of an attempt be sent; one that is not held is no error.
    func release(_ attempt: AttemptName) throws(Errno) {
        let path = directory.appending(attempt.description)
        guard rename(path.string + Self.held, path.string) == 0 || errno == ENOENT else { throw Errno(rawValue: errno) }
        try DurableFile.syncDirectory(directory)
    }

    /// Takes a report that Redis has taken, or refused for good, out of the spool; one that is not there is no error.
    func putAside(_ attempt: AttemptName) throws(Errno) {
        let name = attempt.description
        guard
            rename(directory.appending(name).string, publishedDirectory.appending(name).string) == 0 || errno == ENOENT
        else { throw Errno(rawValue: errno) }
        try DurableFile.syncDirectory(directory)
        guard names(in: publishedDirectory).count > Self.most else { return }
        for old in reports(in: publishedDirectory, attempt.host).reports.dropLast(Self.kept) {
            try DurableFile.remove(publishedDirectory.appending(old.attempt.description))
        }
    }

    /// The newest reports of this host that were published, in the order in which the jobs ended.
    func published(host: HostName) -> [Report] { reports(in: publishedDirectory, host).reports.suffix(Self.kept) }

    /// The waiting reports of this host, in the order in which the jobs ended: the last one says what runs. A file that is no
    /// report is left where it is, and named.
    func waiting(host: HostName) -> (reports: [Report], unreadable: [String]) { reports(in: directory, host) }

    /// The reports of this host on the disk, whether they wait or were published, of attempts that are not among `known`.
    ///
    /// - Returns: those, the attempts of all that are there, and the number of files that wait, unreadable ones too.
    func all(
        host: HostName, besides known: Set<AttemptName>
    ) -> (new: [Report], attempts: Set<AttemptName>, waiting: Int) {
        var new: [Report] = []
        var attempts: Set<AttemptName> = []
        for directory in [directory, publishedDirectory] {
            for attempt in names(in: directory).compactMap({ AttemptName(journal: $0, host: host) }) {
                if known.contains(attempt) {
                    attempts.insert(attempt)
                } else if let report = read(directory.appending(attempt.description), attempt) {
                    attempts.insert(attempt)
                    new.append(report)
                }
            }
        }
        return (new, attempts, names(in: directory).count)
    }

    private func names(in directory: FilePath) -> [String] {
        DurableFile.names(in: directory).filter { !$0.hasSuffix(".new") && !$0.hasSuffix(Self.held) }
    }

    private func reports(in directory: FilePath, _ host: HostName) -> (reports: [Report], unreadable: [String]) {
        var reports: [Report] = []
        var unreadable: [String] = []
        for name in names(in: directory) {
            if let attempt = AttemptName(journal: name, host: host),
                let report = read(directory.appending(name), attempt)
            {
                reports.append(report)
            } else {
                unreadable.append(name)
            }
        }
        return (Self.inOrder(reports), unreadable)
    }

    /// Reports in the order in which their jobs ended.
    static func inOrder(_ reports: [Report]) -> [Report] {
        let none = Timestamp(milliseconds: 0)
        return reports.sorted { ($0.finishedAt ?? none) < ($1.finishedAt ?? none) }
    }

    private func read(_ path: FilePath, _ attempt: AttemptName) -> Report? {
        guard let bytes = try? DurableFile.read(path, limit: 4 << 20) else { return nil }
        return Report(attempt: attempt, text: bytes)
    }
}

extension ReportSpool.Report {
    /// A head line and a line per target: `<field>=<value>` with the journal's encoding.
    var text: String {
        var head = [("token", token.map(String.init) ?? ""), ("detail", detail)]
        if let byHand { head.append(("order", String(decoding: byHand.text, as: UTF8.self))) }
        let lines = targets.map { target in
            FieldLine.text(of: [
                ("service", target.service.text), ("verdict", target.verdict.rawValue), ("step", target.step.rawValue),
                ("rule", target.rule?.rawValue ?? ""), ("error", target.error), ("commit", target.commit.text),
                ("previous", target.previousCommit?.text ?? ""), ("running", target.runningCommit?.text ?? ""),
                ("started", String(target.startedAt.milliseconds)),
                ("finished", String(target.finishedAt.milliseconds)),
                ("evidence", target.evidence),
            ])
        }
        return ([FieldLine.text(of: head)] + lines).joined(separator: "\n") + "\n"
    }

    init?(attempt: AttemptName, text: [UInt8]) {
        let lines = text.split(separator: UInt8(ascii: "\n")).map(FieldLine.init)
        guard text.last == UInt8(ascii: "\n"), let head = lines.first else { return nil }
        self.attempt = attempt
        token = DecimalNumber.parse(head["token"] ?? "")
        detail = head["detail"] ?? ""
        if let order = head["order"] {
            guard let order = try? Order(text: Array(order.utf8)), order.id == attempt.rollout else { return nil }
            byHand = order
        }
        targets = []
        for fields in lines.dropFirst() {
            guard let target = TargetReport(fields) else { return nil }
            targets.append(target)
        }
        if targets.isEmpty { return nil }
    }
}

extension TargetReport {
    fileprivate init?(_ fields: FieldLine) {
        guard let service = try? ServiceName(fields["service"] ?? ""),
            let commit = try? CommitID(fields["commit"] ?? ""),
            let verdict = Verdict(rawValue: fields["verdict"] ?? ""), let step = Step(rawValue: fields["step"] ?? "")
        else { return nil }
        self.init(
            service: service, verdict: verdict, step: step, rule: Rule(rawValue: fields["rule"] ?? ""),
            error: fields["error"] ?? "", commit: commit, previousCommit: try? CommitID(fields["previous"] ?? ""),
            runningCommit: try? CommitID(fields["running"] ?? ""),
            startedAt: Timestamp(milliseconds: DecimalNumber.parse(fields["started"] ?? "") ?? 0),
            finishedAt: Timestamp(milliseconds: DecimalNumber.parse(fields["finished"] ?? "") ?? 0),
            evidence: fields["evidence"] ?? "")
    }
}
