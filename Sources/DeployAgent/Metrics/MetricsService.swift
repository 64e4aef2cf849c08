import DeployModel
import HostControl
import Logging
import ServiceLifecycle
import SystemPackage

/// Offers the agent's metrics where the configuration says. Nothing waits for it: what it can't do is told once, and tried again.
struct MetricsService: Service {
    let settings: MetricsSettings
    let page: AgentPage
    let tally: AgentTally
    let spool: ReportSpool
    let speech: Speech
    let logger: Logger

    /// Between two looks at the reports and two writings of the textfile: node_exporter is rarely asked more often.
    var pause: Duration = .seconds(5)
    /// Between two tries to listen.
    var patience: Duration = .seconds(30)

    func run() async throws {
        var board = ReportBoard()
        look(&board)
        let first = board
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await keepLooking(first) }
                if let address = settings.listen { group.addTask { await keepListening(address) } }
            }
        }
    }

    private func look(_ board: inout ReportBoard) {
        board.look(at: spool, host: page.host)
        let now = board
        tally.note { $0.reports = now }
    }

    /// The textfile is written anew although nothing has changed: its age tells that the agent lives.
    private func keepLooking(_ first: ReportBoard) async {
        var board = first
        var trouble = Trouble("not yet")
        while !Task.isCancelled {
            look(&board)
            if let path = settings.textfile { write(MetricsTextfile(path: FilePath(path.text)), &trouble) }
            try? await Task.sleep(for: pause)
        }
    }

    private func write(_ file: MetricsTextfile, _ trouble: inout Trouble) {
        do throws(Errno) {
            try file.replace(with: page.text(tally.counts))
            guard trouble.note(nil, speech) else { return }
            logger.info("metrics are written", metadata: ["metrics.textfile": "\(file.path)"])
        } catch {
            guard trouble.note("\(error)", speech) else { return }
            logger.warning(
                "metrics can't be written: make the folder and let the agent write there (ReadWritePaths=)",
                metadata: ["metrics.textfile": "\(file.path)", "error": "\(error)"])
        }
    }

    private func keepListening(_ address: MetricsAddress) async {
        let (page, tally) = (page, tally)
        var trouble: HostError?
        while !Task.isCancelled {
            do throws(HostError) {
                let listener = try await MetricsListener.listen(at: address) { page.text(tally.counts) }
                trouble = nil
                logger.info("metrics are offered", metadata: ["metrics.listen": "\(listener.address)"])
                await listener.run()
            } catch {
                if error != trouble {
                    logger.warning("metrics can't be offered", metadata: ["host.error": "\(error)"])
                }
                trouble = error
            }
            try? await Task.sleep(for: patience)
        }
    }
}
