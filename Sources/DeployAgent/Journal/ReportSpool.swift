import Coordination
import DeployModel
import SystemPackage

/// The reports that Redis has not taken yet: `<state directory>/spool/<rollout>-<op>-<attempt>`. A report is on the disk
/// before it is sent, and goes from there only when Redis has taken it or never will.
struct ReportSpool: Sendable {
    private let directory: FilePath

    init(stateDirectory: FilePath) { directory = stateDirectory.appending("spool") }

    /// A report as it waits.
    struct Report: Equatable, Sendable {
        var attempt: AttemptName
        var token: Int64?
        var detail: String
        var targets: [TargetReport]
    }

    func prepare() throws(Errno) { try DurableFile.makeDirectory(directory) }

    func put(_ report: Report) throws(Errno) {
        try DurableFile.replace(directory.appending(report.attempt.description), with: Array(report.text.utf8))
    }

    func remove(_ attempt: AttemptName) throws(Errno) {
        try DurableFile.remove(directory.appending(attempt.description))
    }

    /// The waiting reports of this host. A file that is no report is left where it is, and named.
    func waiting(host: HostName) -> (reports: [Report], unreadable: [String]) {
        var reports: [Report] = []
        var unreadable: [String] = []
        for name in DurableFile.names(in: directory) where !name.hasSuffix(".new") {
            if let attempt = AttemptName(journal: name, host: host),
                let bytes = try? DurableFile.read(directory.appending(name), limit: 4 << 20),
                let report = Report(attempt: attempt, text: String(decoding: bytes, as: UTF8.self))
            {
                reports.append(report)
            } else {
                unreadable.append(name)
            }
        }
        return (reports, unreadable)
    }
}

extension ReportSpool.Report {
    /// A head line and a line per target: `<field>=<value>` with the journal's encoding.
    var text: String {
        let head = "token=\(token.map(String.init) ?? "") detail=\(PercentText.word.encode(detail))"
        let lines = targets.map { target in
            [
                ("service", target.service.text), ("verdict", target.verdict.rawValue), ("step", target.step.rawValue),
                ("rule", target.rule?.rawValue ?? ""), ("error", target.error), ("commit", target.commit.text),
                ("previous", target.previousCommit?.text ?? ""), ("running", target.runningCommit?.text ?? ""),
                ("started", String(target.startedAt.milliseconds)),
                ("finished", String(target.finishedAt.milliseconds)),
                ("evidence", target.evidence),
            ].map { "\($0.0)=\(PercentText.word.encode($0.1))" }.joined(separator: " ")
        }
        return ([head] + lines).joined(separator: "\n") + "\n"
    }

    init?(attempt: AttemptName, text: String) {
        let lines = text.split(separator: "\n").map(Self.fields)
        guard text.hasSuffix("\n"), let head = lines.first else { return nil }
        self.attempt = attempt
        token = DecimalNumber.parse(head["token"] ?? "")
        detail = head["detail"] ?? ""
        targets = []
        for fields in lines.dropFirst() {
            guard let target = TargetReport(fields) else { return nil }
            targets.append(target)
        }
        if targets.isEmpty { return nil }
    }

    private static func fields(_ line: Substring) -> [String: String] {
        var fields: [String: String] = [:]
        for word in line.split(separator: " ") {
            guard let equals = word.firstIndex(of: "=") else { continue }
            fields[String(word[..<equals])] = PercentText.decode(word[word.index(after: equals)...])
        }
        return fields
    }
}

extension TargetReport {
    fileprivate init?(_ fields: [String: String]) {
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
