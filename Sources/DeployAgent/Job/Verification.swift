import DeployModel
import HostControl

/// Proves that what runs is what was deployed: all required checks of all services, over the whole observation time.
struct Verification: Sendable {
    let tools: HostTools
    let timings: Timings

    /// What must hold for one service.
    struct Subject: Sendable {
        var unit: InspectedUnit
        var tree: InspectedTree
        /// The commit that must be checked out and run.
        var commit: CommitID
        /// The invocation that the restart brought, and the count of restarts right after it.
        var invocation: String?
        var restarts: Int
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
        let began = ContinuousClock.now
        var stableSince = began
        var samples = 0
        while true {
            let findings = await sample(subjects)
            let now = ContinuousClock.now
            if let broken = findings.first(where: { if case .broken = $0.result { true } else { false } }) {
                return Outcome(findings: findings, failure: Self.failure(broken))
            }
            if let missing = findings.first(where: { $0.result != .holds }) {
                if now - began >= timings.stableFor + timings.verifySlack {
                    return Outcome(findings: findings, failure: Self.failure(missing))
                }
                stableSince = now
                samples = 0
            } else {
                samples += 1
                if now - stableSince >= timings.stableFor, samples >= 5 {
                    return Outcome(findings: findings + summary(subjects, samples, now - stableSince), failure: nil)
                }
            }
            let pause = max(.milliseconds(100), min(.seconds(2), timings.stableFor / 8))
            guard (try? await Task.sleep(for: pause)) != nil else {
                return Outcome(findings: findings, failure: Self.cancelled)
            }
        }
    }

    /// One sample of every service: what is asked before a target may be called `unchanged`.
    func sample(_ subjects: [Subject]) async -> [Finding] {
        var findings: [Finding] = []
        let units: [UnitFacts]
        do throws(HostError) { units = try await tools.systemd.show(subjects.map(\.unit.service)) } catch {
            return subjects.map {
                Finding(service: $0.unit.service, check: "systemd", result: .notYet(.checkUnknown), detail: "\(error)")
            }
        }
        for subject in subjects {
            guard let facts = units.first(where: { $0.service == subject.unit.service }) else { continue }
            findings += await ServiceChecks(tools: tools, subject: subject, facts: facts).all()
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
            let head = try await first.tree.repository.head()
            let status = try await first.tree.repository.status()
            if head != first.commit {
                result = (.broken(.headDiffers), "HEAD is \(head?.short ?? "none"), not \(first.commit.short)")
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

    private func summary(_ subjects: [Subject], _ samples: Int, _ time: Duration) -> [Finding] {
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

    private static let cancelled = JobFailure(
        .verify, Refusal(.checkUnknown, "the agent was stopped during the observation"))
}
