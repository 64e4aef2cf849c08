import DeployModel

/// One line of a job's journal: what is about to happen, or has happened.
///
/// The text is `<event> <field>=<value> ...`, values percent-encoded where they hold a blank, a `%` or anything that is not
/// printable ASCII.
enum JournalRecord: Equatable, Sendable {
    /// The order was admitted. Its text is the journal's own copy: recovery needs no Redis. An order by hand was made on
    /// this host and stands nowhere else.
    case admitted(order: [UInt8], isByHand: Bool = false)
    /// A life of the agent works on the job, in this boot of the host.
    case life(boot: String)
    /// What was found on one path before anything was touched.
    case found(path: CanonicalPath, head: CommitID)
    /// How a service ran before anything was touched. `invocation` is empty when it did not run.
    case ran(service: ServiceName, invocation: String, commit: CommitID?)
    /// The right was given.
    case claimed(token: Int64)
    /// The checkout of a path begins, is over.
    case checkoutBegun(path: CanonicalPath, to: CommitID)
    case checkoutDone(path: CanonicalPath)
    /// The prepare commands of a path begin.
    case prepareBegun(path: CanonicalPath)
    /// The restart of a service begins, is over.
    case restartBegun(service: ServiceName)
    case restartDone(service: ServiceName, invocation: String)
    /// The job failed and goes back; why.
    case revertBegun(step: Step, rule: Rule, message: String)
    case revertCheckoutDone(path: CanonicalPath)
    case revertRestartBegun(service: ServiceName)
    /// The job is over; its report stands in the spool.
    case ended(verdict: Verdict)
}

extension JournalRecord {
    /// How the journal of an order by hand begins.
    static let byHand = "admitted by=hand "

    /// The record's line, without the line feed.
    var line: String {
        let (event, fields) = parts
        return FieldLine.text(of: fields, behind: event)
    }

    private var parts: (String, [(String, String)]) {
        switch self {
        case .admitted(let order, let isByHand):
            ("admitted", (isByHand ? [("by", "hand")] : []) + [("order", String(decoding: order, as: UTF8.self))])
        case .life(let boot): ("life", [("boot", boot)])
        case .found(let path, let head): ("found", [("path", path.text), ("head", head.text)])
        case .ran(let service, let invocation, let commit):
            ("ran", [("service", service.text), ("invocation", invocation), ("commit", commit?.text ?? "")])
        case .claimed(let token): ("claimed", [("token", String(token))])
        case .checkoutBegun(let path, let commit):
            ("checkout_begun", [("path", path.text), ("to", commit.text)])
        case .checkoutDone(let path): ("checkout_done", [("path", path.text)])
        case .prepareBegun(let path): ("prepare_begun", [("path", path.text)])
        case .restartBegun(let service): ("restart_begun", [("service", service.text)])
        case .restartDone(let service, let invocation):
            ("restart_done", [("service", service.text), ("invocation", invocation)])
        case .revertBegun(let step, let rule, let message):
            ("revert_begun", [("step", step.rawValue), ("rule", rule.rawValue), ("message", message)])
        case .revertCheckoutDone(let path): ("revert_checkout_done", [("path", path.text)])
        case .revertRestartBegun(let service): ("revert_restart_begun", [("service", service.text)])
        case .ended(let verdict): ("ended", [("verdict", verdict.rawValue)])
        }
    }

    /// The record of a line, or nil when it is none of ours.
    init?(line: ArraySlice<UInt8>) {
        let fields = FieldLine(line)
        guard fields.bare.count == 1, let event = fields.bare.first, let record = Self.record(event, fields) else {
            return nil
        }
        self = record
    }

    private static func record(_ event: String, _ fields: FieldLine) -> JournalRecord? {
        let path = fields["path"].flatMap { try? CanonicalPath($0) }
        let service = fields["service"].flatMap { try? ServiceName($0) }
        switch event {
        case "admitted":
            return fields["order"].map { .admitted(order: Array($0.utf8), isByHand: fields["by"] == "hand") }
        case "life": return fields["boot"].map { .life(boot: $0) }
        case "found":
            guard let path, let head = fields["head"].flatMap({ try? CommitID($0) }) else { return nil }
            return .found(path: path, head: head)
        case "ran":
            guard let service, let invocation = fields["invocation"] else { return nil }
            return .ran(
                service: service, invocation: invocation, commit: fields["commit"].flatMap { try? CommitID($0) })
        case "claimed": return fields["token"].flatMap { DecimalNumber.parse($0) }.map { .claimed(token: $0) }
        case "checkout_begun":
            guard let path, let commit = fields["to"].flatMap({ try? CommitID($0) }) else { return nil }
            return .checkoutBegun(path: path, to: commit)
        case "checkout_done": return path.map { .checkoutDone(path: $0) }
        case "prepare_begun": return path.map { .prepareBegun(path: $0) }
        case "restart_begun": return service.map { .restartBegun(service: $0) }
        case "restart_done":
            guard let service, let invocation = fields["invocation"] else { return nil }
            return .restartDone(service: service, invocation: invocation)
        case "revert_begun":
            guard let step = fields["step"].flatMap(Step.init), let rule = fields["rule"].flatMap(Rule.init) else {
                return nil
            }
            return .revertBegun(step: step, rule: rule, message: fields["message"] ?? "")
        case "revert_checkout_done": return path.map { .revertCheckoutDone(path: $0) }
        case "revert_restart_begun": return service.map { .revertRestartBegun(service: $0) }
        case "ended": return fields["verdict"].flatMap(Verdict.init).map { .ended(verdict: $0) }
        default: return nil
        }
    }
}
