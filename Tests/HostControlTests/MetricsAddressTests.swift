import DeployModel
import Testing

@testable import HostControl

@Suite struct MetricsAddressTests {
    @Test(arguments: ["unix:/run/qtagent/metrics.sock", "127.0.0.1:9753", "127.255.0.9:1", "[::1]:65535"])
    func placesOnThisHostAreTaken(text: String) throws {
        #expect(try MetricsAddress(parsing: text).description == text)
    }

    @Test(arguments: [
        "", "9753", ":9753", "0.0.0.0:9753", "10.0.0.1:9753", "128.0.0.1:9753", "localhost:9753", "[::]:9753",
        "::1:9753",
        "[::ffff:127.0.0.1]:9753", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:09753",
        "127.0.0.1:+1", "127.1:9753", "127.0.0.256:9753", "127.0.0.01:9753", "127.0.0.1 :9753", "127.0.0.1:9753\n",
        "127.0.0.1.example.org:9753", "unix:", "unix:/", "unix:run/s", "unix:/run//s", "unix:/run/../s",
        "unix:/" + String(repeating: "a", count: 107), "http://127.0.0.1:9753", "@abstract",
    ])
    func everythingElseIsRefusedWithTheRemedy(text: String) {
        let error = #expect(throws: InvalidText.self) { try MetricsAddress(parsing: text) }
        #expect(error?.description.contains("127.0.0.1:port or [::1]:port") == true)
    }
}
