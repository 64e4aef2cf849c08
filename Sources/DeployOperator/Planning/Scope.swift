import Coordination
import DeployModel

/// The hosts that a request is about. Pure.
struct Scope: Equatable {
    /// The hosts that are asked, in natural order.
    var hosts: [HostName]
    /// Remarks for the operator: who is left out, and why.
    var notes: [String]

    /// Decides who is asked.
    ///
    /// - Parameters:
    ///   - request: what was asked for.
    ///   - records: every host that the fleet knows.
    ///   - now: the server's clock.
    ///   - downAfter: how long a host may be silent.
    /// - Returns: who is asked.
    /// - Throws: ``OperatorError/refused(_:)`` for hosts and services that do not exist or can't be asked.
    static func of(
        _ request: DeployRequest, among records: [HostRecord], now: Timestamp, downAfter: Duration = .seconds(90)
    ) throws(OperatorError) -> Scope {
        try KnownNames.check(request.hosts + request.excluded, among: records)
        try KnownNames.check(request.services, among: records)
        var scope = Scope(hosts: [], notes: [])
        var refusals: [OperatorError.TargetRefusal] = []
        for record in records.sorted(by: { NaturalOrder.precedes($0.name.text, $1.name.text) }) {
            guard !request.excluded.contains(where: { $0.matches(record) }), concerns(request, record) else { continue }
            if let (refusal, note) = absence(record) {
                // Who is named is meant: leaving that host out would be another deployment than was asked for.
                if request.hosts.contains(.name(record.name)) {
                    refusals.append(.init(host: record.name.text, refusal))
                } else {
                    scope.notes.append(note)
                }
                continue
            }
            if let refusal = silence(record, now, downAfter) {
                refusals.append(.init(host: record.name.text, refusal))
            } else {
                scope.hosts.append(record.name)
            }
        }
        guard refusals.isEmpty else { throw .refused(refusals) }
        guard !scope.hosts.isEmpty else {
            throw .refused(Refusal(.nothingToDo, "no enrolled host is left to ask", remedy: "see: qtctl agents list"))
        }
        return scope
    }

    /// Why a host is not a member of any order: as a refusal for who named it, as a remark for who did not.
    private static func absence(_ record: HostRecord) -> (Refusal, String)? {
        switch record.membership {
        case .enrolled: nil
        case .seen:
            (
                Refusal(
                    .hostNotEnrolled, "host \(record.name) is not enrolled",
                    remedy: "run: qtctl agents enrol \(record.name)"),
                "host \(record.name) beats and is not enrolled: left out (qtctl agents enrol \(record.name))"
            )
        case .drained:
            (
                Refusal(
                    .hostDrained, "host \(record.name) is drained by \(record.changedBy): \(record.reason)",
                    remedy: "to let orders take it again: qtctl agents undrain \(record.name)"),
                "host \(record.name) is drained by \(record.changedBy): left out (\(record.reason))"
            )
        }
    }

    /// Whether a host has anything to do with the request. A host that was never heard may have: it must be told apart.
    private static func concerns(_ request: DeployRequest, _ record: HostRecord) -> Bool {
        if !request.hosts.isEmpty { return request.hosts.contains { $0.matches(record) } }
        return request.services.isEmpty || record.lastBeat == nil
            || record.services.contains { request.services.contains($0.service) }
    }

    private static func silence(_ record: HostRecord, _ now: Timestamp, _ limit: Duration) -> Refusal? {
        let remedy = "start its qtagent, or leave it out with --exclude \(record.name)"
        guard let silence = record.silence(at: now) else {
            return Refusal(.hostDown, "host \(record.name) was never heard", remedy: remedy)
        }
        guard silence > HumanDuration(limit).milliseconds else { return nil }
        return Refusal(
            .hostDown, "host \(record.name) has not been heard for \(HumanDuration(milliseconds: silence))",
            remedy: remedy)
    }
}

/// `h2` before `h10`.
enum NaturalOrder {
    static func precedes(_ left: String, _ right: String) -> Bool {
        let (left, right) = (parts(left), parts(right))
        for (one, other) in zip(left, right) where one != other {
            if let first = UInt64(one), let second = UInt64(other), first != second { return first < second }
            return one < other
        }
        return left.count < right.count
    }

    private static func parts(_ text: String) -> [String] {
        var parts: [String] = []
        for character in text {
            if let last = parts.last?.last, last.isNumber == character.isNumber {
                parts[parts.count - 1].append(character)
            } else {
                parts.append(String(character))
            }
        }
        return parts
    }
}
