package import DeployModel

/// What a deployment would do: the targets, one source, one branch, one commit. Pure; made from the hosts' answers.
package struct Plan: Sendable, Equatable {
    /// The targets, by host in natural order, then in restart order.
    package let targets: [PlanTarget]
    package let source: SourceName?
    package let branch: BranchName?
    package let commit: CommitID?
    /// Everything that is refused; a plan with refusals is never submitted.
    package let refusals: [OperatorError.TargetRefusal]
    /// Remarks for the operator.
    package let notes: [String]

    /// Puts the answers together.
    ///
    /// - Parameters:
    ///   - request: what was asked for.
    ///   - targets: what the hosts answered, in any order.
    ///   - silent: the hosts that were asked and did not answer.
    ///   - incomplete: the hosts that answered, and what is wrong with the answer.
    ///   - notes: remarks for the operator.
    /// - Returns: the plan, with everything that is refused.
    package static func make(
        _ request: DeployRequest, targets: [PlanTarget], silent: [HostName],
        incomplete: [OperatorError.TargetRefusal] = [], notes: [String]
    ) -> Plan {
        let targets = targets.sorted { left, right in
            if left.host != right.host { return NaturalOrder.precedes(left.host.text, right.host.text) }
            return (left.order, left.service) < (right.order, right.service)
        }
        var refusals = silent.map(silence) + incomplete
        refusals += targets.compactMap { target in
            (target.refusal ?? target.gap(request)).map {
                .init(host: target.host.text, service: target.service.text, $0)
            }
        }
        if !request.includesSiblings { refusals += siblingRefusals(targets) }
        if silent.isEmpty, incomplete.isEmpty { refusals += absent(request, targets) }
        let good = targets.filter { $0.refusal == nil }
        let sources = Set(good.map(\.source)).sorted()
        let branches = Set(good.compactMap(\.branch)).sorted()
        if sources.count > 1 || branches.count > 1 { refusals.append(.init(several(sources, branches.map(\.text)))) }
        let remotes = Dictionary(grouping: good, by: \.remoteCommit)
        if request.commit == nil, remotes.count > 1 { refusals.append(.init(differing(remotes))) }
        return Plan(
            targets: targets, source: sources.count == 1 ? try? SourceName(sources[0]) : nil,
            branch: branches.count == 1 ? branches[0] : nil,
            commit: request.commit ?? (remotes.count == 1 ? good.first?.remoteCommit : nil), refusals: refusals,
            notes: notes)
    }

    private static func silence(_ host: HostName) -> OperatorError.TargetRefusal {
        .init(
            host: host.text,
            Refusal(
                .hostSilent, "host \(host) beats and did not answer in time",
                remedy: "look at: systemctl status qtagent there; or leave it out with --exclude \(host)"))
    }

    /// What was asked for and nobody has: a service must not be left out in silence.
    private static func absent(_ request: DeployRequest, _ targets: [PlanTarget]) -> [OperatorError.TargetRefusal] {
        if targets.isEmpty {
            return [.init(Refusal(.nothingToDo, "no host has any of these services", remedy: "see: qtctl status"))]
        }
        return request.services.filter { service in !targets.contains { $0.service == service } }.map { service in
            .init(
                service: service.text,
                Refusal(
                    .serviceUnknown, "no host that was asked has \(service)",
                    remedy: "see: qtctl status \(service); then change --host or --source, or leave it out"))
        }
    }

    private static func siblingRefusals(_ targets: [PlanTarget]) -> [OperatorError.TargetRefusal] {
        targets.filter(\.isSibling).map { target in
            .init(
                host: target.host.text, service: target.service.text,
                Refusal(
                    .siblingsRefused,
                    "\(target.service) shares the checkout \(target.canonicalPath?.text ?? "") and was not named",
                    remedy: "name it too, or drop --siblings refuse"))
        }
    }

    private static func several(_ sources: [String], _ branches: [String]) -> Refusal {
        if sources.count > 1 {
            return Refusal(
                .severalSources, "these services come from several sources: \(sources.joined(separator: ", "))",
                remedy: "one at a time: --source \(sources[0])")
        }
        return Refusal(
            .severalSources, "hosts have different default branches: \(branches.joined(separator: ", "))",
            remedy: "name one with --ref")
    }

    private static func differing(_ remotes: [CommitID?: [PlanTarget]]) -> Refusal {
        let words = remotes.map { commit, targets in
            let hosts = Set(targets.map(\.host)).sorted { NaturalOrder.precedes($0.text, $1.text) }
            return "\(commit?.short ?? "nothing") on \(hosts.map(\.text).joined(separator: ", "))"
        }
        return Refusal(
            .remotesDiffer, "the hosts' remotes do not have the same commit: \(words.sorted().joined(separator: "; "))",
            remedy: "wait for the mirror and plan again, or name one with --commit")
    }

    /// The order that carries this plan out; nil when something is missing, which a plan without refusals never lacks.
    package func order(
        _ request: DeployRequest, fleet: FleetName, id: RolloutID, operatorName: OperatorName, serverTime: Timestamp,
        created: Timestamp
    ) -> Order? {
        guard refusals.isEmpty, let source, let branch, let commit else { return nil }
        var lines: [Order.Line] = []
        for target in targets {
            guard let path = target.canonicalPath, let head = target.checkout else { return nil }
            if let index = lines.firstIndex(where: { $0.host == target.host && $0.path == path }) {
                lines[index].services.append(target.service)
            } else {
                lines.append(Order.Line(host: target.host, path: path, expectedHead: head, services: [target.service]))
            }
        }
        return Order(
            fleet: fleet, id: id, operatorName: operatorName, operation: .deploy, source: source, branch: branch,
            commit: commit, direction: .forward, lines: lines, waves: request.waves, soakSeconds: 0, pauseAfter: .none,
            maxFailures: 0, onFailure: .halt, failedHost: request.revertsFailedHost ? .revert : .leave,
            beginBefore: serverTime.adding(seconds: 15 * 60), until: serverTime.adding(seconds: 4 * 3600),
            created: created,
            reason: request.reason)
    }
}
