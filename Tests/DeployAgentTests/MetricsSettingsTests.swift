import DeployModel
import HostControl
import SettingsFile
import Testing

@testable import DeployAgent

@Suite struct MetricsSettingsTests {
    private func read(_ more: String, then later: String? = nil) throws -> MetricsSettings? {
        let first = (name: "agent.yaml", text: AgentConfigurationTests.small + "\n" + more)
        return try AgentConfiguration.read([first] + (later.map { [("agent.d/10.yaml", $0)] } ?? [])).metrics
    }

    @Test func theyAreOffUnlessAskedFor() throws {
        #expect(try read("") == nil)
        #expect(try read("metrics: off") == nil)
        #expect(try read("metrics: {listen: \"127.0.0.1:9753\"}", then: "metrics: off") == nil)
    }

    @Test func bothWaysAreRead() throws {
        let block = """
            metrics:
              listen: unix:/run/qtagent/metrics.sock
              textfile: /var/lib/node_exporter/textfile_collector/qtagent.prom
            """
        let settings = try #require(try read(block))
        #expect(settings.listen == .unix(path: CanonicalPath(accepted: "/run/qtagent/metrics.sock")))
        #expect(settings.textfile?.text == "/var/lib/node_exporter/textfile_collector/qtagent.prom")
        // A later block replaces the earlier one as a whole.
        let later = try read(block, then: "metrics: {listen: \"[::1]:9753\"}")
        #expect(later == MetricsSettings(listen: .loopback(host: "::1", port: 9753)))
    }

    @Test(arguments: [
        ("metrics: on", 10, "or off, is expected"), ("metrics: {}", 10, "listen or textfile is expected"),
        ("metrics:\n  listn: \"127.0.0.1:1\"", 11, "listen was meant"),
        ("metrics:\n  listen: 0.0.0.0:9753", 11, "127.0.0.1:port or [::1]:port"),
        ("metrics:\n  listen: localhost:9753", 11, "127.0.0.1:port or [::1]:port"),
        ("metrics:\n  listen: 9753", 11, "127.0.0.1:port or [::1]:port"),
        ("metrics:\n  listen: [127.0.0.1]", 11, "a text is expected"),
        ("metrics:\n  textfile: qtagent.prom", 11, "an absolute path"),
        ("metrics:\n  textfile: /a/../qtagent.prom", 11, "an absolute path"),
        ("metrics:\n  textfile: /var/lib/x/qtagent.txt", 11, "end in .prom"),
    ])
    func badSettingsAreNamedWithTheirPlace(block: String, line: Int, words: String) {
        let error = #expect(throws: SettingsError.self) { try read(block) }
        #expect(error?.description.hasPrefix("agent.yaml:\(line): metrics") == true, "\(String(describing: error))")
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
    }
}
