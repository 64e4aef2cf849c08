import Subprocess

/// promtool(1) of Prometheus: whether a page of metrics can be read, and keeps to what its authors ask of names and units.
package enum Promtool {
    /// Looks at a page.
    ///
    /// - Parameter page: the metrics.
    /// - Returns: what it finds wrong; empty for a page that is good.
    /// - Throws: ``PromtoolError`` when it is not installed.
    package static func check(_ page: String) async throws -> String {
        do {
            let result = try await Subprocess.run(
                .name("promtool"), arguments: ["check", "metrics"], input: .string(page),
                output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
            let said = result.standardOutput + result.standardError
            let isGood = result.terminationStatus == .exited(0)
            return said.isEmpty && !isGood ? "promtool ended with \(result.terminationStatus)" : said
        } catch {
            throw PromtoolError(description: "promtool does not run (\(error)); run: sudo make setup")
        }
    }
}

/// Why promtool gave no answer.
package struct PromtoolError: Error, CustomStringConvertible {
    /// The reason and the remedy.
    package let description: String
}
