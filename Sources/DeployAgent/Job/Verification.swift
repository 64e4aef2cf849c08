import DeployModel
import HostControl

/// Proves that what runs is what was deployed: all required checks of all services, over the whole observation time.
struct Verification: Sendable {
    let tools: HostTools
    let timings: Timings
    /// Called with each line that a service has logged since its start, once.
    var onLine: (@Sendable (ServiceName, JournalLine) -> Void)?

    /// What must hold for one service.
    struct Subject: Sendable {
        var unit: InspectedUnit
        var tree: InspectedTree
        /// The commit that must be checked out and run.
        var commit: CommitID
        /// The invocation that the restart brought. An automatic restart brings another one.
        var invocation: String?
    }

    /// What a check found.
    struct Finding: Sendable, Equatable {
        enum Result: Sendable, Equatable {
            /// It holds.
            case holds
            /// It does not hold yet and may still come to.
            case notYet(Rule)
            /// It will not hold any more.
            case broken(Rule)

            var isBroken: Bool {
                switch self {
                case .broken: true
                case .holds, .notYet: false
                }
            }
        }
        var service: ServiceName
        var check: String
        var result: Result
        var detail: String

        /// One line of evidence.
        var line: String {
            switch result {
            case .holds: "ok \(check): \(detail)"
            case .notYet(let rule), .broken(let rule): "\(rule.rawValue) \(check): \(detail)"
            }
        }
    }

    /// The end of an observation.
    struct Outcome: Sendable {
        /// What was found last, for evidence.
        var findings: [Finding]
        /// Why it failed, or nil.
        var failure: JobFailure?

        func evidence(of service: ServiceName) -> String {
            findings.filter { $0.service == service }.map(\.line).joined(separator: "\n")
        }
    }

    /// Observes until every required check has held for `stable_for` and at least 5 samples, until one is broken, or until
    /// the limit.
    func observe(_ subjects: [Subject]) async -> Outcome {
        guard !subjects.isEmpty else { return Outcome(findings: [], failure: Self.nothingToProve) }
        let began = ContinuousClock.now
        var observation = Observation(timings)
        var traces: [ServiceName: ServiceTrace] = [:]
        while true {
            let begun = ContinuousClock.now - began
            let findings = await sample(subjects, &traces)
            switch observation.take(findings, begunAt: begun) {
            case .goOn: break
            case .failed(let finding): return Outcome(findings: findings, failure: Self.failure(finding))
            case .proven(let samples, let time):
                return Outcome(findings: findings + Self.summary(subjects, samples, time), failure: nil)
            }
            guard (try? await Task.sleep(for: observation.pause)) != nil else {
                return Outcome(findings: findings, failure: Self.cancelled)
            }
        }
    }

    /// One sample of every service, with the newest lines of its log: what is asked before a target may be called
    /// `unchanged`.
    func sample(_ subjects: [Subject]) async -> [Finding] {
        var traces = Dictionary(
            subjects.map { ($0.unit.service, ServiceTrace(isNewestOnly: true)) },
            uniquingKeysWith: { first, _ in first })
        return await sample(subjects, &traces)
    }

    private func sample(_ subjects: [Subject], _ traces: inout [ServiceName: ServiceTrace]) async -> [Finding] {
        var findings: [Finding] = []
        let units: [UnitFacts]
        do throws(HostError) { units = try await tools.systemd.show(subjects.map(\.unit.service)) } catch {
            return subjects.map {
                Finding(service: $0.unit.service, check: "systemd", result: .notYet(.checkUnknown), detail: "\(error)")
            }
        }
        for subject in subjects {
            let service = subject.unit.service
            guard let facts = units.first(where: { $0.service == service }) else { continue }
            var trace = traces[service] ?? ServiceTrace()
            findings += await ServiceChecks(tools: tools, subject: subject, facts: facts, onLine: onLine).all(&trace)
            traces[service] = trace
        }
        for tree in Dictionary(grouping: subjects, by: \.tree.path).values {
            findings += await treeFindings(tree)
        }
        return findings
    }

    private func treeFindings(_ subjects: [Subject]) async -> [Finding] {
        guard let first = subjects.first else { return [] }
        let result: (Finding.Result, String)
        do throws(HostError) {
            let status = try await first.tree.repository.status()
            if status.head != first.commit {
                result = (.broken(.headDiffers), "HEAD is \(status.head?.short ?? "none"), not \(first.commit.short)")
            } else if let changed = status.changed.first {
                result = (.broken(.treeChanged), "\(VisibleText(changed)) differs from the commit")
            } else {
                result = (.holds, "HEAD \(first.commit.text), tracked files clean")
            }
        } catch {
            result = (.notYet(.checkUnknown), "\(error)")
        }
        return subjects.map { Finding(service: $0.unit.service, check: "checkout", result: result.0, detail: result.1) }
    }

    private static func summary(_ subjects: [Subject], _ samples: Int, _ time: Duration) -> [Finding] {
        subjects.map {
            Finding(
                service: $0.unit.service, check: "observation", result: .holds,
                detail: "\(samples) samples over \(HumanDuration(time))")
        }
    }

    private static func failure(_ finding: Finding) -> JobFailure {
        let rule: Rule
        switch finding.result {
        case .broken(let why), .notYet(let why): rule = why
        case .holds: rule = .checkUnknown
        }
        return JobFailure(
            .verify, Refusal(rule, "\(finding.service): \(finding.check): \(finding.detail)"), service: finding.service)
    }

    private static let nothingToProve = JobFailure(
        .verify, Refusal(.checkUnknown, "there is no service whose proof could be tried"))

    private static let cancelled = JobFailure(
        .verify, Refusal(.checkUnknown, "the agent was stopped during the observation"))
}
