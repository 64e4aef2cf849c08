package import DeployModel
import HostControl

extension BreakGlass {
    /// What the checks found of one service.
    package struct Proof: Sendable {
        /// The service.
        package var service: ServiceName
        /// Whether every required check holds now.
        package var isGood: Bool
        /// One line per check.
        package var lines: [String]
    }

    /// Makes every check of services once, against what is checked out.
    ///
    /// - Parameter services: the services; none for all that are configured.
    /// - Returns: one proof per service, in restart order.
    package func verify(_ services: [ServiceName]) async -> [Proof] {
        let wanted = configuration.services.filter { services.isEmpty || services.contains($0.name) }
        var proofs: [Proof] = []
        for service in wanted {
            do throws(Refusal) {
                let subject = try await subject(service)
                let findings = await Verification(tools: tools, timings: configuration.timings).sample([subject])
                let isGood = !findings.isEmpty && findings.allSatisfy { $0.result == .holds }
                proofs.append(Proof(service: service.name, isGood: isGood, lines: findings.map(\.line)))
            } catch {
                proofs.append(Proof(service: service.name, isGood: false, lines: [error.description]))
            }
        }
        return proofs
    }

    private func subject(_ service: ServiceConfiguration) async throws(Refusal) -> Verification.Subject {
        let facts: UnitFacts?
        do throws(HostError) { facts = try await tools.systemd.show([service.name]).first } catch {
            throw Refusal(.hostStateUnreadable, "\(error)")
        }
        guard let facts, let source = configuration.sources[service.source] else {
            throw Refusal(.unitNotFound, "systemd does not know \(service.name.unit)")
        }
        let unit = try UnitInspection().inspect(service, facts)
        let group = Set(configuration.services.map(\.name))
        let tree = try await TreeInspection(tools: tools).inspect(
            unit.path, .init(source: source, branch: source.branches[0], heads: nil, services: group))
        return Verification.Subject(unit: unit, tree: tree, commit: tree.head, invocation: facts.invocationID)
    }
}
