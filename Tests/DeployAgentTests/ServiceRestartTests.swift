import DeployModel
import HostControl
import Synchronization
import Testing

@testable import DeployAgent

@Suite struct ServiceRestartTests {
    typealias Look = FakeSystemd.Look
    let service = ServiceName(accepted: "t")

    private func restart(_ systemd: FakeSystemd, margin: Duration = .seconds(60)) -> ServiceRestart {
        ServiceRestart(
            systemd: Systemd(runner: systemd, timeLimit: .seconds(1)), unlimited: .zero, margin: margin,
            patience: margin)
    }

    private func refusal(_ systemd: FakeSystemd, margin: Duration = .seconds(60)) async -> Refusal? {
        await #expect(throws: Refusal.self) { try await restart(systemd, margin: margin).run(service) }
    }

    @Test func aNewProcessWithoutAJobIsTheEnd() async throws {
        let systemd = FakeSystemd([.old, .stopping, .stopping, .starting, .new])
        let facts = try await restart(systemd).run(service)
        #expect(facts.invocationID == String(repeating: "b", count: 32))
        #expect(await systemd.commands == ["reset-failed t.service", "restart t.service"])
        #expect(await systemd.looksTaken == 5)
    }

    /// What a unit shows when nothing more comes of a restart, and words of the refusal.
    static let ends: [([UnitState], String)] = [
        // Cancelled, refused by a dependency or a condition: no job is left, and no new process.
        ([.old, .stopping, UnitState(active: "inactive", sub: "dead")], "nothing was started"),
        ([.old, UnitState(active: "inactive", sub: "dead", invocation: nil)], "nothing was started"),
        ([.old, .stopping, UnitState(active: "deactivating", sub: "stop-sigterm")], "cancelled the job"),
        ([.old, .old], "its old process still runs"),
        ([.old, UnitState(active: "failed", sub: "failed", result: "start-limit-hit")], "start limit was hit"),
        // The new process is dead already.
        ([.old, UnitState(active: "activating", sub: "auto-restart", invocation: "b", result: "exit-code")], "died"),
        ([.old, UnitState(active: "activating", sub: "auto-restart-queued", invocation: "b")], "died"),
        ([.old, UnitState(active: "failed", sub: "failed", invocation: "b", result: "timeout")], "result timeout"),
        ([.old, UnitState(active: "inactive", sub: "dead", invocation: "b")], "died"),
        ([.old, .starting, UnitState(invocation: "c", restarts: 1)], "started it again 1 times"),
        // Somebody else is at work.
        ([.old, .stopping, UnitState(active: "deactivating", sub: "stop-sigterm", job: 8)], "job 8 of somebody else"),
        ([.old, .starting, UnitState(invocation: "b", job: 9)], "job 9 of somebody else"),
        ([.old, UnitState(sub: "exited", invocation: "b")], "no process of it is left"),
    ]

    @Test(arguments: ends) func anEndWithoutAProcessIsSaidAtOnce(states: [UnitState], words: String) async throws {
        let systemd = FakeSystemd(states)
        let refusal = try #require(await refusal(systemd))
        #expect(refusal.rule == .restartFailed)
        #expect(refusal.message.contains(words), "\(refusal)")
        #expect(await systemd.looksTaken == states.count)
    }

    /// systemctl names the job: another one is another's, although the restart's own was never seen.
    @Test func theJobIsKnownBeforeItIsSeen() async throws {
        let said = "Enqueued auxiliary job 9 user.slice/start.\nEnqueued anchor job 7 t.service/restart.\n"
        let stop = UnitState(active: "deactivating", sub: "stop-sigterm", job: 8)
        let refusal = await refusal(FakeSystemd([.old, stop], said: said))
        #expect(refusal?.message.contains("job 8 of somebody else took the place of the restart's job 7") == true)
        // systemd's own job of an automatic restart is nobody else's.
        let loop = UnitState(active: "activating", sub: "auto-restart", invocation: "b", job: 8, restarts: 1)
        let died = await self.refusal(FakeSystemd([.old, loop], said: said))
        #expect(died?.message.contains("the new process died, and systemd has started it again 1 times") == true)
        // One that is gone before the limit is over is not said to be cancelled.
        let slow = UnitState(active: "reloading", sub: "reload", invocation: "b")
        let late = FakeSystemd([.old, slow], said: said)
        let timeOut = await self.refusal(late, margin: .zero)
        #expect(timeOut?.rule == .restartTimedOut)
        #expect(timeOut?.message.contains("job") == false)
        #expect(await late.commands.contains("cancel 7") == false)
    }

    @Test func aUnitInALoopOfRestartsMayCountOne() async throws {
        let loop = UnitState(active: "activating", sub: "auto-restart", restarts: 4, result: "exit-code")
        let systemd = FakeSystemd([loop, UnitState(invocation: "b", restarts: 1)])
        #expect(try await restart(systemd).run(service).isRunning)
    }

    @Test func aReloadIsWaitedFor() async throws {
        let systemd = FakeSystemd([.old, UnitState(active: "reloading", sub: "reload", invocation: "b"), .new])
        #expect(try await restart(systemd).run(service).isRunning)
    }

    @Test func pastTheLimitTheJobIsCancelledAndItsEndAwaited() async throws {
        let left = UnitState(active: "deactivating", sub: "stop-sigterm")
        // The limit is 0; the patience for the cancelled job is not.
        let systemd = FakeSystemd([.old, .stopping, .stopping, .stopping, left])
        var restart = restart(systemd, margin: .zero)
        restart.patience = .seconds(60)
        let refusal = try #require(await #expect(throws: Refusal.self) { try await restart.run(service) })
        #expect(refusal.rule == .restartTimedOut)
        #expect(refusal.message.contains("deactivating/stop-sigterm") && refusal.message.contains("was cancelled"))
        #expect(refusal.remedy.contains("systemctl kill -s KILL t.service"))
        #expect(await systemd.commands == ["reset-failed t.service", "restart t.service", "cancel 7"])
        #expect(await systemd.looksTaken == 5)
    }

    @Test func aJobThatEndedWhileItWasCancelledIsASuccess() async throws {
        let systemd = FakeSystemd([.old, .starting, .starting, .new])
        var restart = restart(systemd, margin: .zero)
        restart.patience = .seconds(60)
        #expect(try await restart.run(service).isRunning)
    }

    @Test func aJobThatCannotBeCancelledIsSaid() async throws {
        let refusal = await refusal(FakeSystemd([.old, .stopping]), margin: .zero)
        #expect(refusal?.message.contains("can't be cancelled") == true)
    }

    @Test func aKilledSystemctlStopsNoJob() async throws {
        let killed = HostError.timeLimit(command: "systemctl restart", limit: .seconds(20))
        let systemd = FakeSystemd([.old, .old, .stopping, .starting, .new], restart: killed)
        #expect(try await restart(systemd).run(service).isRunning)
    }

    @Test func aRefusedRestartIsSaidWithSystemctlsWords() async throws {
        let said = HostError.failed(command: "systemctl", termination: .exited(1), said: "Unit t.service is masked.")
        let systemd = FakeSystemd([.old], restart: said)
        let refusal = await refusal(systemd)
        #expect(refusal?.rule == .restartFailed)
        #expect(refusal?.message.contains("is masked") == true)
    }

    @Test func somebodyElsesJobIsNeverTakenForTheRestartsOwn() async throws {
        // They stop it; systemd refuses our restart (job mode fail), and their job is not cancelled by us.
        let said = HostError.failed(command: "systemctl", termination: .exited(4), said: "Transaction is destructive")
        let systemd = FakeSystemd([.stopping], restart: said)
        let refusal = await refusal(systemd, margin: .zero)
        #expect(refusal != nil)
        #expect(await systemd.commands == ["reset-failed t.service", "restart t.service"])
    }

    @Test func aSystemdThatFallsSilentIsSaidOnceAndWaitedFor() async throws {
        let systemd = FakeSystemd(looks: [
            .state(.old), .silence, .silence, .silence, .state(.starting), .silence, .state(.new),
        ])
        let told = Mutex<[String]>([])
        var restart = restart(systemd)
        restart.tell = { text in told.withLock { $0.append(text) } }
        #expect(try await restart.run(service).isRunning)
        #expect(told.withLock(\.count) == 2)
        #expect(told.withLock { $0.allSatisfy { $0.hasPrefix("systemd does not answer") } })
    }

    @Test func aSystemdThatStaysSilentIsNoResult() async throws {
        let before = await refusal(FakeSystemd(looks: [.silence]), margin: .zero)
        #expect(before?.rule == .hostStateUnreadable)
        let after = await refusal(FakeSystemd(looks: [.state(.old), .silence]), margin: .zero)
        #expect(after?.rule == .hostStateUnreadable)
        #expect(after?.message.contains("what became of t.service is not known") == true)
    }

    @Test func theLimitIsTheUnitsOwn() async throws {
        let restart = restart(FakeSystemd([.old]), margin: .seconds(10))
        func limit(_ more: [String: String]) async throws -> Duration {
            restart.limit(of: try await UnitState(more: more).facts())
        }
        #expect(try await limit(["TimeoutStopUSec": "20s", "TimeoutStartUSec": "1min"]) == .seconds(90))
        let command = "{ path=/bin/true ; argv[]=/bin/true }"
        #expect(
            try await limit([
                "TimeoutStopUSec": "1s", "TimeoutStartUSec": "1min", "ExecStop": command, "ExecStartPre": command,
            ]) == .seconds(132))
        let patient = ServiceRestart(systemd: restart.systemd, unlimited: .seconds(90))
        let infinite = try await UnitState(more: ["TimeoutStopUSec": "infinity", "TimeoutStartUSec": "1s"]).facts()
        #expect(patient.limit(of: infinite) == .seconds(101))
    }

    @Test func aServiceThatWasTakenAlongIsWaitedFor() async throws {
        let systemd = FakeSystemd([.stopping, .starting, .new])
        #expect(try await restart(systemd).settle(service).isRunning)
        let died = FakeSystemd([.stopping, UnitState(active: "failed", sub: "failed", invocation: "b")])
        await #expect(throws: Refusal.self) { try await restart(died).settle(service) }
        let again = FakeSystemd([UnitState(invocation: "c", restarts: 1)])
        await #expect(throws: Refusal.self) { try await restart(again).settle(service) }
        let hangs = await #expect(throws: Refusal.self) {
            try await restart(FakeSystemd([.starting]), margin: .zero).settle(service)
        }
        #expect(hangs?.rule == .restartTimedOut)
    }
}
