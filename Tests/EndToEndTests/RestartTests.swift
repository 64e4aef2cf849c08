import DeployModel
import HostControl
import TestSupport
import Testing

@testable import DeployAgent

extension LabTests {
    /// Restarts as a real systemd makes them, of units made for the case.
    @Suite(.serialized) struct RestartTests {
        static let sleeper = "ExecStart=/bin/sleep 1000"
        /// It ignores SIGTERM.
        static let deaf = "ExecStart=/bin/sh -c 'trap : TERM; while :; do sleep 0.1; done'"
        /// A stop that lasts until a file is there: time to interfere.
        static let held = sleeper + "\nExecStop=/bin/sh -c 'until test -e /run/let-go; do sleep 0.05; done'"

        private func restart(_ unit: LabUnit, limit: Duration = .seconds(20)) -> ServiceRestart {
            ServiceRestart(
                systemd: Systemd(runner: LabRunner(lab: unit.lab, host: unit.host), timeLimit: .seconds(20)),
                unlimited: .milliseconds(500), margin: limit)
        }

        private func service(_ unit: LabUnit) -> ServiceName { ServiceName(accepted: unit.name) }

        private func with(
            _ name: String, _ service: String, unit: String = "", _ body: (LabUnit) async throws -> Void
        ) async throws {
            let unit = try await LabUnit("case-" + name, service: service, unit: unit)
            do { try await body(unit) } catch {
                try await unit.remove()
                throw error
            }
            try await unit.remove()
        }

        /// Units that come up again. Each is restarted three times: none is ever called a failure.
        @Test(arguments: [
            ("good", sleeper, ""),
            ("always", sleeper + "\nRestart=always\nRestartSec=100ms", ""),
            (
                "notify",
                "Type=notify\nNotifyAccess=all\nExecStart=/bin/sh -c 'sleep 0.5; systemd-notify --ready; sleep 1000'",
                ""
            ),
            ("slow-stop", deaf + "\nTimeoutStopSec=1s", ""),
            (
                "start-pre", "ExecStartPre=/bin/sleep 0.6\nExecStartPre=/bin/sleep 0.6\nTimeoutStartSec=1s\n" + sleeper,
                ""
            ),
            // What earlier starts used up is forgotten before each restart.
            ("start-limit", sleeper, "StartLimitIntervalSec=1h\nStartLimitBurst=1"),
        ])
        func aGoodUnitRunsAgain(name: String, lines: String, more: String) async throws {
            try await with(name, lines, unit: more) { unit in
                for _ in 0..<3 {
                    let before = try await unit.state("InvocationID")
                    let facts = try await restart(unit).run(service(unit))
                    #expect(facts.isRunning && facts.restarts == 0 && facts.invocationID != before)
                    #expect(try await unit.state("InvocationID") == facts.invocationID)
                }
            }
        }

        /// Units of which nothing comes, and what is said. systemctl ended with 0 for most of them.
        @Test(arguments: [
            ("dies", sleeper, "ExecStart=\nExecStart=/bin/false", "died"),
            ("dies-again", sleeper, "ExecStart=\nExecStart=/bin/false\nRestart=always\nRestartSec=1s", "died"),
            ("never-ready", sleeper, "Type=notify\nTimeoutStartSec=1s", "result timeout"),
            ("ends-well", sleeper, "ExecStart=\nExecStart=/bin/true", "nothing was started"),
            (
                "oneshot", sleeper, "Type=oneshot\nRemainAfterExit=yes\nExecStart=\nExecStart=/bin/true",
                "no process of it"
            ),
            ("condition", sleeper, "[Unit]\nConditionPathExists=/nowhere", "nothing was started"),
            ("assertion", sleeper, "[Unit]\nAssertPathExists=/nowhere", "nothing was started"),
            (
                "dependency", sleeper, "[Unit]\nRequires=case-missing.service\nAfter=case-missing.service",
                "case-missing"
            ),
            (
                "loop", sleeper,
                "ExecStart=\nExecStart=/bin/false\nRestart=always\nRestartSec=1ms\n[Unit]\nStartLimitBurst=2", "died"
            ),
        ])
        func aUnitThatDoesNotRunIsSaid(name: String, lines: String, dropIn: String, words: String) async throws {
            try await with(name, lines) { unit in
                let folder = "/run/systemd/system/\(unit.name).service.d"
                try await unit.lab.on(
                    unit.host,
                    "mkdir \(folder); printf '[Service]\\n%s\\n' \"$1\" > \(folder)/new.conf; systemctl daemon-reload",
                    dropIn)
                let refusal = await #expect(throws: Refusal.self) { try await restart(unit).run(service(unit)) }
                #expect(refusal?.rule == .restartFailed)
                #expect(refusal?.message.contains(words) == true, "\(String(describing: refusal))")
            }
        }

        @Test func aMaskedUnitKeepsItsProcess() async throws {
            try await with("masked", Self.sleeper) { unit in
                let before = try await unit.state("InvocationID")
                try await unit.lab.on(
                    unit.host,
                    "ln -sf /dev/null /run/systemd/system/\(unit.name).service; systemctl daemon-reload")
                let refusal = await #expect(throws: Refusal.self) { try await restart(unit).run(service(unit)) }
                #expect(refusal?.message.contains("masked") == true, "\(String(describing: refusal))")
                #expect(try await unit.state("InvocationID") == before)
                #expect(try await unit.state("ActiveState") == "active")
            }
        }

        @Test func aStopWithoutALimitIsCancelled() async throws {
            try await with("deaf", Self.deaf + "\nTimeoutStopSec=infinity\nTimeoutStartSec=1s") { unit in
                let refusal = await #expect(throws: Refusal.self) {
                    try await restart(unit, limit: .seconds(1)).run(service(unit))
                }
                #expect(refusal?.rule == .restartTimedOut)
                #expect(refusal?.message.contains("was cancelled") == true, "\(String(describing: refusal))")
                // The job is gone when that is said: nothing is started later, behind everybody's back.
                #expect(try await unit.state("Job") == "")
                #expect(try await unit.state("ActiveState") == "deactivating")
                // The next restart hangs as the first did, until somebody does what the remedy says.
                async let next = restart(unit).run(service(unit))
                #expect(try await unit.hasJob())
                try await unit.lab.on(unit.host, "systemctl kill --signal KILL \(unit.name)")
                #expect(try await next.isRunning)
            }
        }

        @Test func aKilledSystemctlStopsNoJob() async throws {
            try await with("killed", Self.sleeper) { unit in
                let before = try await unit.state("InvocationID")
                var runner = LabRunner(lab: unit.lab, host: unit.host)
                runner.afterwards = { command throws(HostError) in
                    guard command.arguments.contains("restart") else { return }
                    throw .timeLimit(command: command.shown, limit: command.timeLimit)
                }
                let restart = ServiceRestart(
                    systemd: Systemd(runner: runner, timeLimit: .seconds(20)), unlimited: .seconds(90))
                #expect(try await restart.run(service(unit)).invocationID != before)
            }
        }

        /// What somebody else does while the restart's job waits for the stop, and what the restart says of it; nil: it runs.
        @Test(arguments: [
            ("stop", "systemctl stop --no-block UNIT", "of somebody else"),
            ("cancel", "systemctl cancel $(systemctl show --value --property Job UNIT)", "cancelled the job"),
            ("restart", "systemctl restart --no-block UNIT; touch /run/let-go", nil),
            ("reload", "systemctl daemon-reload; touch /run/let-go", nil),
            ("reexec", "systemctl daemon-reexec; touch /run/let-go", nil),
        ])
        func somebodyInterferes(name: String, script: String, words: String?) async throws {
            try await with(name, Self.held) { unit in
                try await unit.lab.on(unit.host, "rm -f /run/let-go")
                let (restart, service) = (restart(unit), service(unit))
                async let outcome = Self.refusal { try await restart.run(service) }
                #expect(try await unit.hasJob())
                try await unit.lab.on(unit.host, script.replacing("UNIT", with: unit.name))
                let refusal = await outcome
                if let words {
                    #expect(refusal?.message.contains(words) == true, "\(String(describing: refusal))")
                } else {
                    #expect(refusal == nil)
                }
                try await unit.lab.on(unit.host, "touch /run/let-go")
            }
        }

        private static func refusal(_ body: () async throws -> UnitFacts) async -> Refusal? {
            do { _ = try await body() } catch { return error as? Refusal }
            return nil
        }

        @Test func whoStopsAServiceByHandKeepsTheLastWord() async throws {
            try await with("by-hand", Self.held) { unit in
                try await unit.lab.on(unit.host, "rm -f /run/let-go; systemctl stop --no-block \(unit.name)")
                let job = try await unit.state("Job")
                let refusal = await #expect(throws: Refusal.self) { try await restart(unit).run(service(unit)) }
                #expect(refusal?.message.contains("destructive") == true, "\(String(describing: refusal))")
                #expect(try await unit.state("Job") == job)
                try await unit.lab.on(unit.host, "touch /run/let-go")
                let isStopped = try await unit.lab.eventually { try await unit.state("ActiveState") == "inactive" }
                #expect(isStopped)
            }
        }
    }
}
