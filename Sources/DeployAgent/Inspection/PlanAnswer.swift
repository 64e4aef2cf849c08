import DeployModel
import HostControl

/// Answers what a deployment would find here: the fields of `type=target` entries (`protocol/SPEC.md`, section 6).
struct PlanAnswer: Sendable {
    let configuration: AgentConfiguration
    let tools: HostTools
    let running: RunningCommits

    typealias Fields = [(String, String)]

    /// What is asked: texts as they stand in Redis, checked where they are used.
    struct Question: Sendable {
        /// Service names joined by `+`, or `*`.
        var services: String
        /// The source; empty for any.
        var source = ""
        /// The branch; empty for the source's default.
        var branch = ""
        /// The commit; empty for what the remote has.
        var commit = ""
        /// What is planned.
        var purpose = Purpose.deploy
    }

    /// What is planned: it decides how the checkout is compared, and with what.
    enum Purpose: String, Sendable {
        /// With what the remote has, or with the commit that is named; only forward.
        case deploy
        /// With nothing: the checkout stays as it is.
        case restart
        /// With the commit that is named, in any direction. The remote is not asked: it may be what is broken.
        case rollback
    }

    /// One list of fields per target, in restart order.
    func targets(_ question: Question) async -> [Fields] {
        let asked = requested(question)
        guard !asked.isEmpty else { return [] }
        guard let facts = try? await tools.systemd.show(configuration.services.map(\.name)) else {
            let refusal = Refusal(.hostStateUnreadable, "systemd does not answer")
            return asked.map { head($0, via: "requested") + Self.refused(refusal) }
        }
        var answers: [(service: ServiceConfiguration, fields: Fields)] = []
        var groups: [CanonicalPath: [InspectedUnit]] = [:]
        for service in configuration.services {
            guard let unit = facts.first(where: { $0.service == service.name }) else { continue }
            do throws(Refusal) {
                let inspected = try UnitInspection().inspect(service, unit)
                groups[inspected.path, default: []].append(inspected)
            } catch {
                guard asked.contains(service) else { continue }
                answers.append((service, head(service, via: "requested") + Self.unit(unit) + Self.refused(error)))
            }
        }
        for (path, units) in groups where units.contains(where: { asked.contains($0.configuration) }) {
            answers += await group(path, units, asked, question)
        }
        return answers.sorted { ($0.service.order, $0.service.name) < ($1.service.order, $1.service.name) }.map(
            \.fields)
    }

    private func requested(_ question: Question) -> [ServiceConfiguration] {
        let names = Set(question.services.split(separator: "+").map(String.init))
        return configuration.services.filter {
            (question.services == "*" || names.contains($0.name.text))
                && (question.source.isEmpty || question.source == $0.source.text)
        }
    }

    /// All services of one canonical path: those that were asked for, and their siblings.
    private func group(
        _ path: CanonicalPath, _ units: [InspectedUnit], _ asked: [ServiceConfiguration], _ question: Question
    ) async -> [(ServiceConfiguration, Fields)] {
        guard let first = units.first(where: { asked.contains($0.configuration) }),
            let source = configuration.sources[first.configuration.source]
        else { return [] }
        var common: Fields
        var tree: InspectedTree?
        do throws(Refusal) {
            let branch = try branch(question, source)
            let demand = TreeInspection.Demand(
                source: source, branch: branch, heads: nil, services: Set(units.map(\.service)))
            let found = try await TreeInspection(tools: tools).inspect(path, demand)
            tree = found
            common = await comparison(found, branch, question)
            if let refusal = configuration.policy.closed(now: WallClock.now()) { common = Self.refused(refusal) }
        } catch {
            common = Self.refused(error)
        }
        var answers: [(ServiceConfiguration, Fields)] = []
        for unit in units {
            var fields = head(unit.configuration, via: asked.contains(unit.configuration) ? "requested" : "sibling")
            fields += Self.unit(unit.facts)
            if let tree {
                let runs = await running.of(unit.facts, path: path, head: tree.head, repository: tree.repository)
                fields += [
                    ("checkout_commit", tree.head.text), ("checkout_branch", tree.branch.text),
                    ("running_commit", runs.commit?.text ?? ""), ("basis", runs.basis.rawValue),
                ]
            }
            answers.append((unit.configuration, fields + common))
        }
        return answers
    }

    private func branch(
        _ question: Question, _ source: AgentConfiguration.SourceConfiguration
    ) throws(Refusal) -> BranchName {
        guard !question.branch.isEmpty else { return source.branches[0] }
        guard let branch = source.branches.first(where: { $0.text == question.branch }) else {
            throw Refusal(
                .branchNotAllowed, "branch \(VisibleText(question.branch)) is not allowed on this host",
                remedy: "allowed: \(source.branches.map(\.text).joined(separator: ", "))")
        }
        return branch
    }

    private func comparison(_ tree: InspectedTree, _ branch: BranchName, _ question: Question) async -> Fields {
        switch question.purpose {
        case .deploy: return await remote(tree, branch, question)
        case .restart: return [("branch", branch.text), ("rule", ""), ("message", ""), ("remedy", "")]
        case .rollback:
            do throws(Refusal) { return try await way(tree, branch, question) } catch { return Self.refused(error) }
        }
    }

    /// How far it is to a commit that was here before.
    private func way(_ tree: InspectedTree, _ branch: BranchName, _ question: Question) async throws(Refusal) -> Fields
    {
        guard let wanted = try? CommitID(question.commit) else {
            throw Refusal(.commitUnknown, "\"\(VisibleText(question.commit.prefix(80)))\" is no commit")
        }
        do throws(HostError) {
            // What is not here is fetched by the job, if the remote still has it.
            let isHere = try await tree.repository.exists(wanted)
            let ahead = isHere ? try await tree.repository.commitCount(from: tree.head, to: wanted) : nil
            let behind = isHere ? try await tree.repository.commitCount(from: wanted, to: tree.head) : nil
            return [
                ("branch", branch.text), ("ahead", ahead.map(String.init) ?? ""),
                ("behind", behind.map(String.init) ?? ""),
                ("subject", isHere ? try await tree.repository.subject(of: wanted) : ""), ("rule", ""), ("message", ""),
                ("remedy", ""),
            ]
        } catch {
            throw Refusal(.hostStateUnreadable, "\(tree.path): \(error)")
        }
    }

    /// What the remote has, and how far the checkout is from it.
    private func remote(_ tree: InspectedTree, _ branch: BranchName, _ question: Question) async -> Fields {
        do throws(HostError) {
            let remote = try await tree.repository.lsRemote(branch)
            guard let remote else {
                return Self.refused(
                    Refusal(.commitUnknown, "the remote has no branch \(branch)", remedy: "name another with --ref"))
            }
            let wanted = (try? CommitID(question.commit)) ?? remote
            let isHere = try await tree.repository.exists(wanted)
            if isHere, try await !tree.repository.isAncestor(tree.head, of: wanted) {
                return Self.refused(.notForward(wanted, from: tree.head))
            }
            return [
                ("branch", branch.text), ("remote_commit", remote.text),
                ("ahead", isHere ? String(try await tree.repository.commitCount(from: tree.head, to: wanted)) : ""),
                ("subject", isHere ? try await tree.repository.subject(of: wanted) : ""), ("rule", ""), ("message", ""),
                ("remedy", ""),
            ]
        } catch {
            return Self.refused(Refusal(.remoteUnreachable, "\(error)", remedy: "check the remote of \(tree.path)"))
        }
    }

    private func head(_ service: ServiceConfiguration, via: String) -> Fields {
        [
            ("type", "target"), ("service", service.name.text), ("source", service.source.text),
            ("order", String(service.order)), ("via", via), ("signatures", configuration.signatures.word),
        ]
    }

    private static func unit(_ facts: UnitFacts) -> Fields {
        [
            ("canonical_path", facts.workingDirectory.canonicalPath?.text ?? ""), ("unit_state", facts.activeState),
            ("user", facts.user),
        ]
    }

    private static func refused(_ refusal: Refusal) -> Fields {
        [("rule", refusal.rule.rawValue), ("message", refusal.message), ("remedy", refusal.remedy)]
    }
}
