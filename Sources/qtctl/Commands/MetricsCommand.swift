import ArgumentParser
import DeployModel
import DeployOperator

/// `qtctl metrics`.
struct MetricsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics", abstract: "Prints the fleet as metrics, in the text form of Prometheus.")

    @Option(
        help: ArgumentHelp(
            "Write this file instead, in one step, for node_exporter's textfile collector.", valueName: "path.prom"))
    var textfile: String?

    @OptionGroup var fleet: FleetOptions

    func validate() throws {
        if fleet.json { throw ValidationError("metrics have a form of their own: leave --json out") }
        guard textfile?.hasSuffix(".prom") ?? true else {
            throw ValidationError("--textfile takes a name that ends in .prom: node_exporter reads no other")
        }
    }

    func run() async throws {
        try await Session.run(fleet) { session throws(OperatorError) in
            let metrics = FleetMetrics(fleet: session.fleet, console: session.console)
            if let textfile { try await metrics.write(to: textfile) } else { try await metrics.show() }
            return .good
        }
    }
}
