import DeployModel
import HostControl
import SystemPackage
import TestSupport
import Testing

@testable import DeployAgent

@Suite struct StartInterlockTests {
    private static let services = ["s", "t"].map { ServiceName(accepted: $0) }

    @Test func whatIsEngagedStaysUntilItIsReleased() throws {
        try TemporaryFolder.with { folder in
            let interlock = StartInterlock(stateDirectory: folder.string)
            #expect(interlock.engaged().isEmpty)
            try interlock.engage(Self.services, reason: "1-deploy-1: checkout")
            #expect(StartInterlock(stateDirectory: folder.string).engaged() == Set(Self.services))
            let file = folder.appending("interlock").appending("s.service")
            #expect(try DurableFile.read(file, limit: 100) == Array("1-deploy-1: checkout\n".utf8))
            try interlock.release([Self.services[0]])
            try interlock.release([Self.services[0]])
            #expect(interlock.engaged() == [Self.services[1]])
        }
    }

    /// What is to be forbidden and can't be must not be taken for forbidden.
    @Test func anInterlockThatCannotBeWrittenIsAnError() throws {
        try TemporaryFolder.with { folder in
            try DurableFile.replace(folder.appending("interlock"), with: [])
            #expect(throws: Errno.self) {
                try StartInterlock(stateDirectory: folder.string).engage(Self.services, reason: "x")
            }
        }
    }

    // MARK: - the drop-in

    private static let one = [ServiceName(accepted: "t")]

    private func install(
        _ services: [ServiceName] = one, in folder: FilePath, _ systemd: FakeSystemd
    ) async throws -> InterlockDropIn.Outcome {
        try await InterlockDropIn(stateDirectory: "/var/lib/qt 100%", units: folder.string)
            .install(for: services, systemd: Systemd(runner: systemd, timeLimit: .seconds(1)))
    }

    private func text(_ unit: String, in folder: FilePath) throws -> String? {
        let path = folder.appending("\(unit).d").appending(InterlockDropIn.name)
        return try DurableFile.read(path, limit: 10_000).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func theDropInIsWrittenOnceAndRead() async throws {
        try await TemporaryFolder.with { folder in
            let systemd = FakeSystemd([.old])
            #expect(try await install(in: folder, systemd) == .installed(["t.service"]))
            #expect(await systemd.commands == ["daemon-reload"])
            let text = try #require(try text("t.service", in: folder))
            #expect(text.contains("[Unit]\nAfter=qtagent-recover.service\n"))
            #expect(text.contains("\nConditionPathExists=!/var/lib/qt 100%%/interlock/%n\n"))
            #expect(try await install(in: folder, systemd) == .inPlace)
            #expect(await systemd.commands == ["daemon-reload"])
        }
    }

    @Test func aServiceThatIsNoLongerConfiguredLosesIt() async throws {
        try await TemporaryFolder.with { folder in
            let systemd = FakeSystemd([.old])
            _ = try await install(in: folder, systemd)
            let other = folder.appending("t.service.d").appending("override.conf")
            try DurableFile.replace(other, with: Array("mine".utf8))
            #expect(try await install([], in: folder, systemd) == .installed(["t.service"]))
            #expect(try text("t.service", in: folder) == nil)
            #expect(try DurableFile.read(other, limit: 10) == Array("mine".utf8))
        }
    }

    /// A reload would let in what somebody else has edited and not loaded yet.
    @Test func nothingIsReloadedOverTheHeadOfAPerson() async throws {
        try await TemporaryFolder.with { folder in
            let systemd = FakeSystemd([UnitState(more: ["NeedDaemonReload": "yes"])])
            let outcome = try await install(in: folder, systemd)
            #expect(outcome == .waiting(for: Self.one[0]))
            #expect(await systemd.commands.isEmpty)
        }
    }

    @Test(arguments: [
        ("", false), ("/etc/systemd/system/t.service.d/override.conf", false),
        ("/etc/systemd/system/u.service.d/50-qtagent.conf", false),
        ("/etc/systemd/system/t.service.d/50-qtagent.conf", true),
    ])
    func onlyWhatSystemdHasReadCounts(dropIns: String, isLoaded: Bool) async throws {
        let facts = try await UnitState(more: ["DropInPaths": dropIns]).facts()
        #expect(InterlockDropIn.isLoaded(in: facts) == isLoaded)
    }
}
