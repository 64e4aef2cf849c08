import DeployModel
import HostControl

/// A service as systemd describes it, found fit to be deployed.
struct InspectedUnit: Sendable {
    let configuration: ServiceConfiguration
    let facts: UnitFacts
    /// The canonical path.
    let path: CanonicalPath
    /// The user that its process must have.
    let account: UserAccount
    /// The variables of its environment files, later files over earlier ones.
    let environment: [String: String]

    var service: ServiceName { configuration.name }
}

/// Asks systemd, never guesses: what a unit says about where and as whom it runs, and every reason not to touch it.
struct UnitInspection: Sendable {
    /// Judges one unit.
    ///
    /// - Throws: the ``Refusal`` that an operator reads.
    func inspect(_ configuration: ServiceConfiguration, _ facts: UnitFacts) throws(Refusal) -> InspectedUnit {
        let unit = configuration.name.unit
        if facts.loadState == "bad-setting" {
            throw Refusal(
                .unitNotFound, "systemd can't use the settings of \(unit)",
                remedy: "see what it says: systemctl status \(unit); mend the line, then: systemctl daemon-reload")
        }
        guard facts.isLoaded else {
            throw Refusal(
                .unitNotFound, "\(unit) is \(VisibleText(facts.loadState)) in systemd",
                remedy: "install the unit and run: systemctl daemon-reload")
        }
        if facts.needsDaemonReload {
            throw Refusal(
                .daemonReloadNeeded, "the files of \(unit) are newer than what systemd has loaded",
                remedy: "look at the change, then run: systemctl daemon-reload")
        }
        guard InterlockDropIn.isLoaded(in: facts) else {
            throw Refusal(
                .interlockMissing,
                "\(unit) lacks the drop-in \(InterlockDropIn.name), which keeps it from starting on half a checkout",
                remedy: "run: systemctl restart qtagent -- it writes it, and says what keeps it from that")
        }
        if facts.type == "oneshot" {
            throw Refusal(
                .unitTypeUnsupported,
                "\(unit) is Type=oneshot: no process of it goes on running, so nothing can be proven after a restart",
                remedy: "run such a command as a prepare step of a service, or leave it out of agent.yaml")
        }
        let path = try canonicalPath(unit, facts.workingDirectory)
        return InspectedUnit(
            configuration: configuration, facts: facts, path: path, account: try account(configuration, facts),
            environment: try environment(unit, facts))
    }

    private func canonicalPath(_ unit: String, _ directory: WorkingDirectory) throws(Refusal) -> CanonicalPath {
        switch directory {
        case .empty:
            throw Refusal(
                .workingDirectoryEmpty,
                "WorkingDirectory of \(unit) is empty, so nobody can say which checkout it runs from",
                remedy: "run: systemctl edit \(unit) -- and add the lines [Service] and "
                    + "WorkingDirectory=/path/of/the/checkout, then: systemctl daemon-reload")
        case .home:
            throw Refusal(
                .workingDirectoryUnusable, "WorkingDirectory of \(unit) is ~, which depends on the user",
                remedy: "write the path itself: systemctl edit \(unit)")
        case .path(let path, _): return path
        case .odd(let text):
            throw Refusal(
                .workingDirectoryUnusable, "WorkingDirectory of \(unit) reads \(VisibleText(text)), which is no path",
                remedy: "write an absolute path: systemctl edit \(unit)")
        }
    }

    private func account(_ configuration: ServiceConfiguration, _ facts: UnitFacts) throws(Refusal) -> UserAccount {
        let user = facts.user.isEmpty ? "root" : facts.user
        if user == "root" || user == "0", !configuration.allowRoot {
            throw Refusal(
                .userIsRoot,
                facts.user.isEmpty
                    ? "\(configuration.name.unit) names no User, so it runs as root"
                    : "\(configuration.name.unit) runs as root",
                remedy: "set User= in the unit, or allow_root: true for the service in agent.yaml")
        }
        do throws(HostError) { return try UserAccount.named(user) } catch {
            throw Refusal(.userUnknown, "\(configuration.name.unit): \(error)")
        }
    }

    private func environment(_ unit: String, _ facts: UnitFacts) throws(Refusal) -> [String: String] {
        var merged: [String: String] = [:]
        for file in facts.environmentFiles {
            let values: EnvironmentFile?
            do throws(HostError) { values = try EnvironmentFile.read(file.path) } catch {
                throw Refusal(
                    .environmentFileMalformed, "\(unit): \(error)",
                    remedy: "mend that line: systemd would drop or misread it")
            }
            guard let values else {
                if file.mayBeMissing { continue }
                throw Refusal(
                    .environmentFileMissing, "\(unit) reads \(VisibleText(file.path)), which does not exist",
                    remedy: "put it back: without it the service cannot start")
            }
            merged.merge(values.variables) { $1 }
        }
        return merged
    }
}
