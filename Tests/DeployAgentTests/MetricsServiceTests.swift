import DeployModel
import HostControl
import Logging
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import DeployAgent

/// The service at work, on a socket and a file of its own.
@Suite(.timeLimit(.minutes(5))) struct MetricsServiceTests {
    @Test func bothWaysSayTheSameAndPromtoolHasNothingToSay() async throws {
        try await TemporaryFolder.with { folder async throws in
            let path = folder.appending("qtagent.prom")
            let settings = MetricsSettings(
                listen: .loopback(host: "127.0.0.1", port: 0), textfile: CanonicalPath(accepted: path.string))
            try await Self.running(settings, folder) { tally, log async throws in
                tally.note { $0.ended(.deploy, .verified) }
                try await until("the file tells of the job") {
                    Self.text(path).contains(#"{op="deploy",outcome="verified"} 1"#)
                }
                try await until("it listens") { log.value("metrics.listen") != nil }
                let port = try #require(log.value("metrics.listen")?.split(separator: ":").last.flatMap { UInt16($0) })
                let probe = MetricsProbe(timeLimit: .seconds(60), bodyLimit: 1 << 20)
                let answer = try await probe.get(port: port, path: "/metrics")
                #expect(answer.status == 200)
                let page = String(decoding: answer.body, as: UTF8.self)
                #expect(page == Self.text(path))
                #expect(try await Promtool.check(page) == "")
            }
        }
    }

    /// A port that is taken and a folder that is missing are told once and tried again; nobody waits for them.
    @Test func troubleIsToldOnceAndPasses() async throws {
        try await TemporaryFolder.with { folder async throws in
            let other = try await MetricsListener.listen(at: .loopback(host: "127.0.0.1", port: 0)) { "" }
            let path = folder.appending("later/qtagent.prom")
            let settings = MetricsSettings(listen: other.address, textfile: CanonicalPath(accepted: path.string))
            try await Self.running(settings, folder) { _, log async throws in
                try await until("both troubles are told") { log.count(.warning) == 2 }
                #expect(log.value("host.error")?.contains("Address already in use") == true)
                #expect(log.value("metrics.textfile") == path.string)
                try DurableFile.makeDirectory(folder.appending("later"))
                try await until("the file is there") { !Self.text(path).isEmpty }
                await withTaskGroup(of: Void.self) { group in
                    // Cancelling ends the other listener, which frees the port.
                    group.addTask { await other.run() }
                    group.cancelAll()
                }
                try await until("it listens") { log.value("metrics.listen") != nil }
                #expect(log.count(.warning) == 2)
            }
        }
    }

    private static func text(_ path: FilePath) -> String {
        let bytes = (try? DurableFile.read(path, limit: 1 << 20)).flatMap { $0 } ?? []
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Runs the service for the time of the body, impatiently.
    private static func running(
        _ settings: MetricsSettings, _ folder: FilePath,
        _ body: (AgentTally, SaidLines) async throws -> Void
    ) async throws {
        let (tally, log) = (AgentTally(), SaidLines())
        let service = MetricsService(
            settings: settings, page: AgentPageTests.page, tally: tally, spool: ReportSpool(stateDirectory: folder),
            speech: Speech(), logger: Logger(label: "test") { _ in log.handler }, pause: .milliseconds(5),
            patience: .milliseconds(5))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await service.run() }
            try await body(tally, log)
            group.cancelAll()
        }
    }
}

/// What was logged.
final class SaidLines: Sendable {
    private let lines = Mutex<[(level: Logger.Level, metadata: Logger.Metadata)]>([])

    func count(_ level: Logger.Level) -> Int { lines.withLock { $0.count { $0.level == level } } }

    /// The last value that was logged under a key.
    func value(_ key: String) -> String? {
        lines.withLock { $0.last { $0.metadata[key] != nil }?.metadata[key] }.map { "\($0)" }
    }

    func add(_ level: Logger.Level, _ metadata: Logger.Metadata) { lines.withLock { $0.append((level, metadata)) } }

    var handler: any LogHandler { Handler(said: self) }

    private struct Handler: LogHandler {
        let said: SaidLines
        var logLevel = Logger.Level.trace
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { said.add(event.level, event.metadata ?? [:]) }
    }
}
