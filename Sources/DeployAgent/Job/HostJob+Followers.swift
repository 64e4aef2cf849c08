import DeployModel
import HostControl

/// Units that follow another one (`PartOf=`, `Requires=`, `BindsTo=`): systemd stops or restarts them along with it.
extension HostJob {
    /// Writes down that the restart of a unit begins, and with it that of every service of this job that systemd may take
    /// along: whatever has started on the ordered commit must be found again by the way back.
    func announceRestart(of unit: InspectedUnit) throws(JobFailure) {
        let followers = sites.flatMap(\.units).filter { $0.facts.followedUnits.contains(unit.service.unit) }
        for service in [unit.service] + followers.map(\.service) where !progress.restartsBegun.contains(service) {
            try write(.restartBegun(service: service), .restart)
        }
    }

    /// Takes up the processes of services that were restarted once more because a later restart of this job took them along.
    /// Without this a good release would look as if its process had died.
    func takeUpFollowers(among units: [InspectedUnit], step: Step) async throws(JobFailure) {
        for (index, unit) in units.enumerated() {
            let later = units[(index + 1)...].map(\.service.unit)
            guard !unit.facts.followedUnits.isDisjoint(with: later) else { continue }
            let facts: UnitFacts
            do throws(Refusal) { facts = try await serviceRestart(unit, step: step).settle(unit.service) } catch {
                throw JobFailure(step, error, service: unit.service)
            }
            guard facts.invocationID != progress.restartsDone[unit.service] else { continue }
            try write(.restartDone(service: unit.service, invocation: facts.invocationID ?? ""), step)
            narrator.tell(step, .done, "process \(facts.mainPID ?? 0), restarted along", service: unit.service)
        }
    }

    /// How a service of this job is restarted.
    func serviceRestart(_ unit: InspectedUnit, step: Step) -> ServiceRestart {
        ServiceRestart(systemd: tools.systemd, unlimited: configuration.timings.restart) { [narrator] text in
            narrator.tell(step, .waiting, text, service: unit.service)
        }
    }
}
