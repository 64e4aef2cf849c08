package import Coordination
import DeployModel

/// `qtctl metrics`: the fleet as metrics, in one look.
package struct FleetMetrics: Sendable {
    private let fleet: Fleet
    private let console: Console

    /// The metrics of one fleet.
    package init(fleet: Fleet, console: Console) {
        self.fleet = fleet
        self.console = console
    }

    /// Looks, and shows the page as data.
    package func show() async throws(OperatorError) { console.show(String(try await page().dropLast())) }

    /// Looks, and puts the page in the place of a file, in one step and readable for everybody: for node_exporter's textfile
    /// collector. When the look fails the file stays as it was, and its `qtdeploy_look_timestamp_seconds` grows old.
    ///
    /// - Parameter path: the file; its name ends in `.prom`.
    /// - Throws: when Redis fails, or the file can't be written.
    package func write(to path: String) async throws(OperatorError) {
        try WholeFile.replace(path, with: try await page())
        console.note("metrics of fleet \(fleet.name) written to \(VisibleText(path))")
    }

    private func page() async throws(OperatorError) -> String {
        try await reading { () async throws(CoordinationError) in
            FleetPage.text(fleet.name, try await FleetCounts.look(at: fleet))
        }
    }
}
