package import DeployModel
package import HostControl
import SystemPackage

/// The drop-in that makes systemd look at the interlock's file before it starts a service.
///
/// A condition, because systemd evaluates it itself: no process that could fail, and the journal names the file. It has the
/// meaning of `ExecCondition=` here: the unit stays inactive, and Restart= does not try again (systemd.unit(5); measured with
/// systemd 252).
package struct InterlockDropIn: Sendable {
    /// The file's name in `<unit>.d`.
    static let name = "50-qtagent.conf"

    private let stateDirectory: String
    private let units: FilePath

    /// The drop-in for an agent with this state directory. `units` is where root's own unit files are.
    package init(stateDirectory: String, units: String = "/etc/systemd/system") {
        self.stateDirectory = stateDirectory
        self.units = FilePath(units)
    }

    /// The drop-in's text, the same for every unit.
    var text: String {
        """
        # Written by qtagent at its start. While the file below exists, a deployment is changing the checkout that this
        # service runs from, or one was cut short there: journalctl -u qtagent -u qtagent-recover
        [Unit]
        After=qtagent-recover.service
        ConditionPathExists=!\(stateDirectory.replacing("%", with: "%%"))/interlock/%n

        """
    }

    /// What ``install(for:systemd:)`` did.
    package enum Outcome: Equatable, Sendable {
        /// Every unit has it, and systemd knows.
        case inPlace
        /// It was written for these, or removed from them, and systemd has read it.
        case installed([String])
        /// It was written, and systemd has not read it: the files of this unit changed, and only a person should let that in.
        case waiting(for: ServiceName)
    }

    /// Writes the drop-in for each service, takes it from every other one, and lets systemd read that.
    ///
    /// - Throws: ``HostError`` when a file can't be written or systemd does not answer.
    package func install(for services: [ServiceName], systemd: Systemd) async throws(HostError) -> Outcome {
        let unread = try await systemd.show(services).first { $0.needsDaemonReload }?.service
        var changed: [String] = []
        do {
            for service in services where try write(service) { changed.append(service.unit) }
            for unit in stale(services) {
                try DurableFile.remove(units.appending(unit + ".d").appending(Self.name))
                changed.append(unit)
            }
        } catch {
            throw .unwritable(path: "\(units)", reason: "\(error)")
        }
        if changed.isEmpty { return .inPlace }
        if let unread { return .waiting(for: unread) }
        try await systemd.reload()
        return .installed(changed)
    }

    /// Whether a unit has it, as systemd has read its files.
    static func isLoaded(in facts: UnitFacts) -> Bool {
        facts.dropInPaths.contains { $0.hasSuffix("\(facts.id).d/\(name)") }
    }

    private func write(_ service: ServiceName) throws(Errno) -> Bool {
        let folder = units.appending(service.unit + ".d")
        let bytes = Array(text.utf8)
        if try DurableFile.read(folder.appending(Self.name), limit: 65536) == bytes { return false }
        try DurableFile.makeDirectory(folder, mode: 0o755)
        try DurableFile.replace(folder.appending(Self.name), with: bytes, mode: 0o644)
        return true
    }

    /// The units that have it and are no longer configured.
    private func stale(_ services: [ServiceName]) -> [String] {
        let known = Set(services.map(\.unit))
        return DurableFile.names(in: units).filter { $0.hasSuffix(".service.d") }
            .map { String($0.dropLast(".d".count)) }
            .filter { !known.contains($0) && DurableFile.names(in: units.appending($0 + ".d")).contains(Self.name) }
    }
}
