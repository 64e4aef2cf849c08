import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import DeployAgent

/// The daemon itself, with a Redis that comes and goes; of systemd it needs nothing here.
@Suite(.timeLimit(.minutes(5))) struct DaemonMetricsTests {
    @Test func whatTheDaemonWrites() async throws {
        try await TemporaryFolder.with { folder async throws in
            try await RedisServer.with { server async throws in
                let daemon = try Self.start(in: folder, redis: "\(server.address)")
                defer { kill(daemon.processIdentifier, SIGKILL) }
                func page() -> [Substring] {
                    let bytes = (try? DurableFile.read(folder.appending("q.prom"), limit: 1 << 20)).flatMap { $0 } ?? []
                    return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
                }
                try await until("a beat is taken") { page().contains("qtagent_redis_connected 1") }
                let taken = page()
                #expect(!taken.contains("qtagent_last_beat_timestamp_seconds 0"))
                #expect(taken.contains { $0.hasPrefix("qtagent_info{") && $0.contains(#"host="h1",fleet="lab""#) })
                #expect(try await Promtool.check(taken.joined(separator: "\n") + "\n") == "")
                try await server.kill()
                try await until("its absence is told") { page().contains("qtagent_redis_connected 0") }
                let errors = page().filter { $0.hasPrefix("qtagent_redis_errors_total{") && !$0.hasSuffix(" 0") }
                #expect(!errors.isEmpty)
            }
        }
    }

    private static func start(in folder: FilePath, redis: String) throws -> Process {
        let configuration = folder.appending("agent.yaml")
        let text = """
            fleet: lab
            host: h1
            redis: {address: "\(redis)"}
            signatures: off
            state_directory: \(folder)/state
            sources: {quantum_trader: {branches: [main]}}
            services: [{unit: quantum-apply-layer, source: quantum_trader}]
            metrics: {textfile: \(folder)/q.prom, listen: "unix:\(folder)/q.sock"}
            """
        try DurableFile.replace(configuration, with: Array(text.utf8))
        let daemon = Process()
        daemon.executableURL = URL(filePath: BuiltPrograms.folder + "/qtagent")
        daemon.arguments = ["run", "--config", configuration.string]
        daemon.standardError = FileHandle.nullDevice
        daemon.standardOutput = FileHandle.nullDevice
        try daemon.run()
        return daemon
    }
}
