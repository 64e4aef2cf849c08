import Coordination
import DeployModel
import HostControl

/// The facts of all configured services, for beats: what runs, from where, on which commit. Looks only; judges nothing.
struct HostSurvey: Sendable {
    let configuration: AgentConfiguration
    let tools: HostTools
    let running: RunningCommits

    /// Looks at every service once. A tree that can't be read leaves its fields empty.
    ///
    /// - Throws: when systemd itself does not answer.
    func facts() async throws(HostError) -> [ServiceFacts] {
        let units = try await tools.systemd.show(configuration.services.map(\.name))
        var trees: [CanonicalPath: Tree] = [:]
        var all: [ServiceFacts] = []
        for service in configuration.services {
            guard let unit = units.first(where: { $0.service == service.name }) else { continue }
            let path = unit.workingDirectory.canonicalPath
            if let path, trees[path] == nil { trees[path] = await tree(path, service) }
            all.append(await facts(service, unit, path, path.flatMap { trees[$0] }))
        }
        return all
    }

    private struct Tree {
        var repository: GitRepository
        var head: CommitID?
        var branch: BranchName?
    }

    private func tree(_ path: CanonicalPath, _ service: ServiceConfiguration) async -> Tree? {
        guard let source = configuration.sources[service.source], let directory = try? DirectoryFacts.of(path.text),
            let repository = try? tools.repository(path, owner: directory.ownerUID, remote: source.remote, lock: nil)
        else { return nil }
        let position = try? await repository.position()
        return Tree(repository: repository, head: position?.head, branch: position?.branch)
    }

    private func facts(
        _ service: ServiceConfiguration, _ unit: UnitFacts, _ path: CanonicalPath?, _ tree: Tree?
    ) async -> ServiceFacts {
        var running = RunningRecord.Running(invocation: "", commit: nil, basis: .unknown)
        if let path, let tree {
            running = await self.running.of(unit, path: path, head: tree.head, repository: tree.repository)
        }
        return ServiceFacts(
            service: service.name, source: service.source.text, unitState: unit.activeState,
            canonicalPath: path?.text ?? "", user: unit.user, checkout: tree?.head, branch: tree?.branch?.text ?? "",
            running: running.commit, basis: running.basis.rawValue,
            since: unit.mainPID.flatMap { try? tools.processes.facts(of: $0) }.flatMap { $0 }?.startedWall)
    }
}

extension WorkingDirectory {
    /// The path, when it is one that may be deployed to.
    var canonicalPath: CanonicalPath? {
        switch self {
        case .path(let path, _): path
        case .empty, .home, .odd: nil
        }
    }
}
