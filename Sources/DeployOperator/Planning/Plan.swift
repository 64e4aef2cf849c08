package import DeployModel

/// What a deployment would do: the targets, one source, one branch, one commit. Pure; made from the hosts' answers.
package struct Plan: Sendable, Equatable {
    /// The targets, by host in natural order, then in restart order.
    package let targets: [PlanTarget]
    package let source: SourceName?
    package let branch: BranchName?
    package let commit: CommitID?
    /// What it is for.
    package let purpose: DeployRequest.Purpose
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
    ///   - destination: the commit to go back to, where none was named.
    ///   - incomplete: the hosts that answered, and what is wrong with the answer.
    ///   - notes: remarks for the operator.
    /// - Returns: the plan, with everything that is refused.
    package static func make(
        _ request: DeployRequest, targets: [PlanTarget], silent: [HostName],
        destination: CommitID? = nil, incomplete: [OperatorError.TargetRefusal] = [], notes: [String]
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
        var commit = destination ?? request.commit
        if commit == nil {
            do throws(Refusal) { commit = try common(request, good) } catch { refusals.append(.init(error)) }
        }
        if let destination, let newer = isForward(good) { refusals.append(.init(alreadyBack(destination, newer))) }
        return Plan(
            targets: targets, source: sources.count == 1 ? try? SourceName(sources[0]) : nil,
            branch: branches.count == 1 ? branches[0] : nil,
            commit: commit, purpose: request.purpose, refusals: refusals, notes: notes)
    }

    /// The commit that all hosts' remotes have, or, for a restart, that all have checked out; nil without a host.
    private static func common(_ request: DeployRequest, _ targets: [PlanTarget]) throws(Refusal) -> CommitID? {
        if request.purpose == .restart {
            let commits = Dictionary(grouping: targets, by: \.checkout)
            guard commits.count > 1 else { return targets.first?.checkout }
            throw Refusal(
                .severalCommits, "the hosts have different commits checked out: \(list(commits))",
                remedy: "an order is for one commit: restart them apart, with --host")
        }
        let remotes = Dictionary(grouping: targets, by: \.remoteCommit)
        guard remotes.count > 1 else { return targets.first?.remoteCommit }
        throw Refusal(
            .remotesDiffer, "the hosts' remotes do not have the same commit: \(list(remotes))",
            remedy: "wait for the mirror and plan again, or name one with --commit")
    }

    /// A host on which the way "back" leads forward only.
    private static func isForward(_ targets: [PlanTarget]) -> HostName? {
        targets.first { $0.behind == 0 && ($0.ahead ?? 0) > 0 }?.host
    }

    private static func alreadyBack(_ commit: CommitID, _ host: HostName) -> Refusal {
        Refusal(
            .nothingToDo,
            "what was verified before, \(commit.short), is newer than what \(host) has: its last change was a way back already",
            remedy: "name the commit to go to: --to SHA; qtctl history SERVICE shows them")
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

    private static func list(_ commits: [CommitID?: [PlanTarget]]) -> String {
        commits.map { commit, targets in
            let hosts = Set(targets.map(\.host)).sorted { NaturalOrder.precedes($0.text, $1.text) }
            return "\(commit?.short ?? "nothing") on \(Counted.names(hosts.map(\.text)))"
        }.sorted().joined(separator: "; ")
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
            fleet: fleet, id: id, operatorName: operatorName, operation: purpose == .restart ? .restart : .deploy,
            source: source, branch: branch,
            commit: commit, direction: purpose == .rollback ? .any : .forward, lines: lines, waves: request.waves,
            soakSeconds: 0, pauseAfter: .none,
            maxFailures: 0, onFailure: .halt, failedHost: request.revertsFailedHost ? .revert : .leave,
            beginBefore: serverTime.adding(seconds: 15 * 60), until: serverTime.adding(seconds: 4 * 3600),
            created: created,
            reason: request.reason)
    }
}
