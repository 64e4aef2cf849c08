import DeployModel
import HostControl

/// The checks of one service at one moment. A check that can't be made is never a pass.
struct ServiceChecks {
    typealias Finding = Verification.Finding

    let tools: HostTools
    let subject: Verification.Subject
    let facts: UnitFacts
    /// Called with each line of the log that is read.
    var onLine: (@Sendable (ServiceName, JournalLine) -> Void)?

    /// Makes every check once.
    ///
    /// - Parameter trace: what earlier samples of the same observation left.
    /// - Returns: what was found, one finding per check; of a process that is gone only that.
    func all(_ trace: inout ServiceTrace) async -> [Finding] {
        var findings = [state(), invocation()]
        // What a dead process serves or logs says nothing.
        guard findings.allSatisfy({ $0.result == .holds }) else { return findings }
        findings += process(&trace)
        if let check = subject.unit.configuration.checks.metrics { findings += await metrics(check) }
        findings += await log(subject.unit.configuration.checks.log, &trace.log)
        return findings
    }

    private func finding(_ check: String, _ result: Finding.Result, _ detail: String) -> Finding {
        Finding(service: subject.unit.service, check: check, result: result, detail: detail)
    }

    private func state() -> Finding {
        if facts.isRunning {
            return finding("unit", .holds, "\(VisibleText(facts.activeState))/\(VisibleText(facts.subState))")
        }
        // Somebody reloads it: that is no end of the process.
        let isReloading = facts.activeState == "reloading" || facts.activeState == "refreshing"
        return finding("unit", isReloading ? .notYet(.unitNotActive) : .broken(.unitNotActive), facts.stateInWords)
    }

    private func invocation() -> Finding {
        guard let now = facts.invocationID, now == subject.invocation else {
            let (now, before) = (facts.invocationID?.prefix(8) ?? "none", subject.invocation?.prefix(8) ?? "none")
            return finding(
                "invocation", .broken(.processDied),
                "systemd started the service again: invocation \(now), was \(before)")
        }
        return finding("invocation", .holds, now)
    }

    private func process(_ trace: inout ServiceTrace) -> [Finding] {
        guard let pid = facts.mainPID else { return [gone] }
        let process: ProcessFacts
        do throws(HostError) {
            guard let found = try tools.processes.facts(of: pid) else { return [gone] }
            process = found
        } catch {
            return [finding("process", .notYet(.checkUnknown), "\(error)")]
        }
        if let former = trace.take(process) {
            return [
                finding(
                    "process", .broken(.processDied), "the main process was \(former) and is another one now, \(pid)")
            ]
        }
        return [user(process), directory(process)]
    }

    private var gone: Finding { finding("process", .broken(.processDied), "the main process is gone") }

    private func user(_ process: ProcessFacts) -> Finding {
        let account = subject.unit.account
        guard process.uid == account.identity.uid else {
            return finding(
                "user", Self.mismatch(.otherUser, process),
                "process \(process.pid) runs as uid \(process.uid), not as \(account.name)")
        }
        return finding("user", .holds, "process \(process.pid) runs as \(account.name) (uid \(process.uid))")
    }

    private func directory(_ process: ProcessFacts) -> Finding {
        let expected = subject.tree.directory.identity
        let place = process.workingDirectory
        guard place.identity == expected, !place.isDeleted else {
            return finding(
                "directory", Self.mismatch(.otherDirectory, process),
                "process \(process.pid) is in \(VisibleText(place.path)), not in \(subject.tree.path)")
        }
        return finding("directory", .holds, "\(subject.tree.path) (device-inode \(expected))")
    }

    /// A process that has not begun yet has systemd's own user and directory for a moment.
    private static func mismatch(_ rule: Rule, _ process: ProcessFacts) -> Finding.Result {
        process.isYetToBegin ? .notYet(rule) : .broken(rule)
    }

    private func metrics(_ check: ServiceConfiguration.MetricsCheck) async -> [Finding] {
        guard check.mode != .off else { return [] }
        let found = await metricsFinding(check)
        return [check.mode == .require ? found : observed(found)]
    }

    private func metricsFinding(_ check: ServiceConfiguration.MetricsCheck) async -> Finding {
        guard let port = port(check) else {
            return finding("metrics", .notYet(.checkUnknown), "no port in the unit's environment files")
        }
        do throws(HostError) {
            let own = try tools.processes.pids(inControlGroup: facts.controlGroup)
            let holders = try tools.processes.holders(ofPort: port, among: own)
            // An old process that kept the port would answer too, so who listens is asked before anything is believed.
            if let other = holders.others.first {
                return finding(
                    "metrics", .notYet(.metricsForeignListener),
                    "port \(port) is held by process \(other), which is not of this unit")
            }
            guard holders.unexplained == 0 else {
                return finding(
                    "metrics", .notYet(.checkUnknown), "port \(port) is held by a process that can't be seen")
            }
            guard !holders.own.isEmpty else {
                return finding("metrics", .notYet(.metricsNoListener), "nobody listens on port \(port)")
            }
            let answer = try await MetricsProbe(timeLimit: .seconds(2), bodyLimit: 1 << 20).get(
                port: port, path: check.path)
            return judge(answer, check, port)
        } catch {
            return finding("metrics", .notYet(.checkUnknown), "\(error)")
        }
    }

    private func judge(_ answer: MetricsAnswer, _ check: ServiceConfiguration.MetricsCheck, _ port: UInt16) -> Finding {
        guard answer.status == 200 else { return finding("metrics", .notYet(.metricsWrong), "status \(answer.status)") }
        guard let expected = check.expect else { return finding("metrics", .holds, "200 on port \(port)") }
        guard String(decoding: answer.body, as: UTF8.self).contains(expected) else {
            return finding("metrics", .notYet(.metricsWrong), "the body does not contain \(expected)")
        }
        return finding("metrics", .holds, "200 on port \(port), contains \(expected)")
    }

    private func port(_ check: ServiceConfiguration.MetricsCheck) -> UInt16? {
        switch check.port {
        case .number(let number): UInt16(number)
        case .variable(let name): subject.unit.environment[name].flatMap { UInt16($0) }.flatMap { $0 > 0 ? $0 : nil }
        }
    }

    private func log(_ check: ServiceConfiguration.LogCheck, _ reading: inout LogReading) async -> [Finding] {
        guard check.mode != .off else { return [] }
        let found: Finding
        do throws(HostError) {
            let lines = try await lines(reading)
            if check.isTold { for line in lines { onLine?(subject.unit.service, line) } }
            reading.take(lines, deny: check.deny, limit: facts.logLimit)
            found = logFinding(reading.judgement)
        } catch {
            found = finding("log", .notYet(.checkUnknown), "\(error)")
        }
        return [check.mode == .require ? found : observed(found)]
    }

    private func lines(_ reading: LogReading) async throws(HostError) -> [JournalLine] {
        let (service, invocation) = (subject.unit.service, subject.invocation ?? "")
        if reading.isNewestOnly {
            return try await tools.journal.lines(of: service, invocation: invocation, newest: 500)
        }
        return try await tools.journal.lines(of: service, invocation: invocation, after: reading.cursor)
    }

    private func logFinding(_ judgement: LogReading.Judgement) -> Finding {
        switch judgement {
        case .silent:
            finding(
                "log", .notYet(.logSilent),
                "no line since the start: does it write to the journal, and does systemd-journald run?")
        case .clean(let lines): finding("log", .holds, "\(lines) lines, none at err or worse, none denied")
        case .bad(let text): finding("log", .broken(.logErrors), text)
        case .unknown(let text): finding("log", .broken(.checkUnknown), text)
        }
    }

    private func observed(_ found: Finding) -> Finding {
        guard found.result != .holds else { return found }
        return finding(found.check, .holds, "observed only: \(found.detail)")
    }
}
