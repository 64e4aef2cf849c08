import DeployModel
import SettingsFile
import SystemPackage
import TestSupport
import Testing

@testable import DeployAgent

@Suite struct AgentConfigurationTests {
    static let small = """
        fleet: lab
        host: h1
        redis: {address: "redis:6379"}
        signatures: off
        sources: {quantum_trader: {branches: [main]}}
        services:
          - {unit: quantum-b, source: quantum_trader, order: 20}
          - {unit: quantum-a, source: quantum_trader, order: 20}
          - {unit: quantum-c, source: quantum_trader, order: 10}
        """

    private func read(_ text: String) throws -> AgentConfiguration {
        try AgentConfiguration.read([(name: "agent.yaml", text: text)])
    }

    @Test func theShippedExampleIsTheSchema() throws {
        let configuration = try AgentConfiguration.load(Repository.root.appending("agent/agent.yaml").string)
        #expect(configuration.services.map(\.name.text) == ["quantum-apply-layer", "quantum-reconcile-engine"])
        #expect(configuration.timings == Timings())
        #expect(configuration.services.first?.checks.log == .byDefault)
        #expect(configuration.services.last?.prepare.first?.first == "/usr/bin/python3")
        #expect(configuration.stateDirectory == "/var/lib/qtagent")
    }

    @Test func servicesStandInRestartOrder() throws {
        let names = try read(Self.small).services.map(\.name.text)
        #expect(names == ["quantum-c", "quantum-a", "quantum-b"])
    }

    @Test func laterFilesReplaceAndJoin() throws {
        let more = """
            labels: {zone: b}
            timings: {stable_for: 3s}
            services: [{unit: quantum-d, source: quantum_trader}]
            """
        let configuration = try AgentConfiguration.read([("agent.yaml", Self.small), ("agent.d/10.yaml", more)])
        #expect(configuration.timings.stableFor == .seconds(3))
        #expect(configuration.services.count == 4)
        #expect(configuration.labels == [LabelKey(accepted: "zone"): LabelValue(accepted: "b")])
    }

    @Test(arguments: [
        ("signatures: off", "signatures: on", "required or off"),
        ("signatures: off\n", "", "in words"),
        ("fleet: lab\n", "", "fleet: is missing"),
        ("host: h1", "host: H1", "not a host name"),
        ("order: 10", "ordr: 10", "order was meant"),
        ("quantum-a, source: quantum_trader", "quantum-a, source: other", "not among sources"),
        ("unit: quantum-a", "unit: quantum-b", "stands twice"),
        ("unit: quantum-a", "unit: quantum-a.service", "not a service name"),
        ("branches: [main]", "branches: []", "at least one branch"),
        ("branches: [main]", "branches: [-h]", "not a branch name"),
        ("order: 10}", "order: 10, prepare: [[make]]}", "absolute path"),
        ("order: 10}", "order: 10, checks: {metrics: {port: 1, port_from: A}}}", "either port or port_from"),
        ("order: 10}", "order: 10, checks: {metrics: {port: 0}}}", "1 to 65535"),
        ("order: 10}", "order: 10, checks: {log: {mode: maybe}}}", "require, observe, off"),
        ("order: 10}", "order: 10, checks: {log: {tell: no}}}", "true or false"),
    ])
    func badSettingsNameTheThing(good: String, bad: String, words: String) throws {
        let text = Self.small.replacing(good, with: bad)
        let error = #expect(throws: SettingsError.self) { try read(text) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
        #expect(error?.description.hasPrefix("agent.yaml") == true)
    }

    @Test func tlsIsReadWithItsPlaces() throws {
        let text = Self.small.replacing(
            #"redis: {address: "redis:6379"}"#,
            with: """
                redis:
                  address: redis:6380
                  tls:
                    ca_file: /ca.pem
                    certificate_file: /own.pem
                    key_file: /own.key
                    server_name: redis.internal
                """)
        let redis = try read(text).redis
        let tls = try #require(redis.tls)
        #expect(redis.address.text == "redis:6380" && tls.authorities.text == "/ca.pem")
        #expect(tls.certificate?.text == "/own.pem" && tls.key?.text == "/own.key")
        #expect(tls.serverName?.text == "redis.internal")
        #expect(tls.error(about: "/own.key", "no").description == "agent.yaml:8: redis.tls.key_file: no")
        #expect(tls.error(about: "?", "no").description == "agent.yaml:6: redis.tls.ca_file: no")
        #expect(redis.address.error("no").description == "agent.yaml:4: redis.address: no")
    }

    @Test(arguments: [
        ("tls: on", "a block with ca_file, or off"), ("tls: {}", "ca_file: is missing"),
        ("tls: {ca_file: ca.pem}", "absolute path"), ("tls: {ca_fil: /ca.pem}", "ca_file was meant"),
        ("tls: {ca_file: /ca.pem, key_file: /k}", "go together"),
        ("tls: {ca_file: /ca.pem, certificate_file: /c}", "go together"),
    ])
    func badTLSNamesTheThing(block: String, words: String) {
        let text = Self.small.replacing(#""redis:6379"}"#, with: #""redis:6379", \#(block)}"#)
        let error = #expect(throws: SettingsError.self) { try read(text) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
        #expect(error?.line == 3)
    }

    @Test func tlsIsGivenUpInWordsOnly() throws {
        let first = Self.small.replacing(#""redis:6379"}"#, with: #""redis:6379", tls: {ca_file: /ca.pem}}"#)
        func merged(_ more: String) throws -> AgentConfiguration {
            try AgentConfiguration.read([("agent.yaml", first), ("agent.d/10.yaml", more)])
        }
        let error = #expect(throws: SettingsError.self) { try merged("redis: {address: \"other:6379\"}") }
        #expect(error?.description.contains("repeat tls here, or say tls: off") == true)
        #expect(error?.file == "agent.d/10.yaml")
        let off = try merged("redis: {address: \"other:6379\", tls: off}")
        #expect(off.redis.tls == nil && off.redis.address.text == "other:6379")
        let kept = try merged("redis: {address: \"other:6379\", tls: {ca_file: /two.pem}}")
        #expect(kept.redis.tls?.authorities.text == "/two.pem")
    }

    @Test func aMissingFileIsNamed() {
        let error = #expect(throws: SettingsError.self) { try AgentConfiguration.load("/nowhere/agent.yaml") }
        #expect(error?.description.contains("/nowhere/agent.yaml: does not exist") == true)
    }
}

@Suite struct SignatureSettingsTests {
    private func read(_ value: String) throws -> SignatureSettings {
        let text = AgentConfigurationTests.small.replacing("signatures: off", with: "signatures: \(value)")
        return try AgentConfiguration.read([("agent.yaml", text)]).signatures
    }

    @Test func theyAreOffRequiredOrByOtherFiles() throws {
        #expect(try read("off") == .off)
        #expect(try read("required") == .usual)
        #expect(
            try read("{allowed_signers: /a/b}")
                == .required(allowedSigners: "/a/b", revokedKeys: "/etc/qtagent/revoked_keys"))
    }

    @Test(arguments: ["on", "[]", "{signers: /a}", "{allowed_signers: a/b}", "\"\""])
    func anythingElseIsAnError(value: String) {
        let error = #expect(throws: SettingsError.self) { try read(value) }
        #expect(error?.line == 4 && error?.problem.hasPrefix("signatures") == true)
    }
}
