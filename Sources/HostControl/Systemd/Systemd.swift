package import DeployModel

/// The service manager, through systemctl. What a start or restart led to is read from the unit, never from an exit code:
/// systemctl ends with 0 for a unit that dies a moment later, and killing it stops no job.
package struct Systemd: Sendable {
    /// Runs the commands.
    package let runner: any CommandRunning
    /// The commands and their limit.
    package let commands: SystemctlCommands

    /// The manager of this host. `timeLimit` is for one call of systemctl.
    package init(runner: any CommandRunning, timeLimit: Duration) {
        self.runner = runner
        commands = SystemctlCommands(timeLimit: timeLimit)
    }

    /// The facts of these services, in the same order. A unit that does not exist has `loadState` `not-found`.
    ///
    /// - Throws: ``HostError/failed(command:termination:said:)`` without a manager to talk to, and
    ///   ``HostError/oddAnswer(command:found:)``.
    package func show(_ services: [ServiceName]) async throws(HostError) -> [UnitFacts] {
        // Without a name systemctl would speak of the manager itself.
        if services.isEmpty { return [] }
        let command = commands.show(services)
        let result = try await runner.succeed(command)
        guard let blocks = UnitProperties.blocks(result.text), blocks.count == services.count else {
            throw .oddAnswer(command: command.shown, found: "not one block of properties per unit")
        }
        var facts: [UnitFacts] = []
        for (service, block) in zip(services, blocks) {
            guard let unit = UnitFacts(block, of: service) else {
                throw .oddAnswer(command: command.shown, found: "missing or malformed properties of \(service.unit)")
            }
            facts.append(unit)
        }
        return facts
    }

    /// Every loaded service whose working directory is this path or lies below it, whether it runs or not.
    package func units(runningFrom path: CanonicalPath) async throws(HostError) -> [UnitPlace] {
        let command = commands.showAll()
        let result = try await runner.succeed(command)
        guard let blocks = UnitProperties.blocks(result.text) else {
            throw .oddAnswer(command: command.shown, found: "not blocks of properties")
        }
        return blocks.compactMap { block in
            let place = UnitPlace(
                id: block.text("Id"), activeState: block.text("ActiveState"),
                workingDirectory: WorkingDirectory(shown: block.text("WorkingDirectory")))
            guard block.text("LoadState") != "not-found", case .path(let directory, _) = place.workingDirectory,
                directory == path || directory.text.hasPrefix(path.text == "/" ? "/" : path.text + "/")
            else { return nil }
            return place
        }
    }

    /// Forgets earlier failures, so that a start limit does not refuse the next start. systemctl also fails for a unit
    /// that has nothing to forget, so its exit code says nothing.
    package func resetFailed(_ service: ServiceName) async throws(HostError) {
        _ = try await runner.run(commands.resetFailed(service), onLine: nil)
    }

    /// Queues a restart and returns. Read the unit to see what becomes of it.
    ///
    /// - Returns: The restart's job; nil when systemctl did not name it in words that are known here.
    /// - Throws: ``HostError/failed(command:termination:said:)`` when systemd refused: no such unit, masked, somebody else's
    ///   stop is queued. Of any other error nobody knows whether the order had arrived before it.
    package func restart(_ service: ServiceName) async throws(HostError) -> UInt32? {
        Self.job(of: service, in: try await order(commands.restart(service)))
    }

    /// The job of a service's restart in what `systemctl --show-transaction` says: `Enqueued anchor job 7 a.service/restart.`
    static func job(of service: ServiceName, in said: [UInt8]) -> UInt32? {
        for line in said.split(separator: UInt8(ascii: "\n")) {
            let words = String(decoding: line.prefix(400), as: UTF8.self).split(separator: " ")
            guard words.count == 5, words[1] == "anchor", words[2] == "job", words[4] == "\(service.unit)/restart."
            else {
                continue
            }
            return UInt32(words[3])
        }
        return nil
    }

    /// Queues a start and returns; as ``restart(_:)``.
    package func start(_ service: ServiceName) async throws(HostError) {
        _ = try await order(commands.start(service))
    }

    /// Queues a stop and returns; as ``restart(_:)``.
    package func stop(_ service: ServiceName) async throws(HostError) {
        _ = try await order(commands.stop(service))
    }

    /// Lets the manager read unit files again, all of them.
    package func reload() async throws(HostError) {
        _ = try await runner.succeed(commands.reload())
    }

    /// Cancels a job. One that has ended meanwhile is no error: read the unit.
    package func cancelJob(_ job: UInt32) async throws(HostError) {
        _ = try await runner.run(commands.cancelJob(job), onLine: nil)
    }

    /// Gives an order to the manager; what systemctl says of it is returned.
    private func order(_ command: HostCommand) async throws(HostError) -> [UInt8] {
        let result = try await runner.run(command, onLine: nil)
        if result.succeeded { return result.standardError }
        // systemctl says why first, and then where one might read more.
        let lines = result.standardError.split(separator: UInt8(ascii: "\n"))
        let said = lines.first.map { VisibleText(bytes: $0.prefix(400)).description } ?? result.lastWords
        throw .failed(command: command.shown, termination: result.termination, said: said)
    }
}
