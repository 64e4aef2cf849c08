import DeployModel
import HostControl
import TestSupport
import Testing

@testable import DeployAgent

extension LabTests {
    /// What real services leave in a real journal, and what is made of it.
    @Suite(.serialized) struct LogTests {
        let deny = ServiceConfiguration.LogCheck.byDefault.deny

        private func judgement(
            _ unit: LabUnit, limit: LogRateLimit = .byDefault, until isEnough: (LogReading) -> Bool
        ) async throws -> LogReading.Judgement {
            let journal = Journal(
                runner: LabRunner(lab: unit.lab, host: unit.host),
                limits: JournalLimits(time: .seconds(20), output: 8 << 20))
            let invocation = try await unit.state("InvocationID")
            var reading = LogReading()
            _ = try await unit.lab.eventually {
                let lines = try await journal.lines(
                    of: .init(accepted: unit.name), invocation: invocation, after: reading.cursor)
                reading.take(lines, deny: deny, limit: limit)
                return isEnough(reading)
            }
            return reading.judgement
        }

        private func with(
            _ name: String, _ script: String, more: String = "",
            _ body: (LabUnit) async throws -> Void
        ) async throws {
            let command = "ExecStart=/bin/sh -c '\(script); exec sleep 1000'"
            let unit = try await LabUnit("case-" + name, service: command + "\n" + more)
            do { try await body(unit) } catch {
                try await unit.remove()
                throw error
            }
            try await unit.remove()
        }

        private func isUnknown(_ judgement: LogReading.Judgement, _ words: String) -> Bool {
            if case .unknown(let text) = judgement { text.contains(words) } else { false }
        }

        private func isBad(_ judgement: LogReading.Judgement, _ words: String) -> Bool {
            if case .bad(let text) = judgement { text.contains(words) } else { false }
        }

        private static let sayCritical = "/usr/bin/python3 -c \"import logging; logging.critical(1)\""

        /// As services say that they fail, without any mark of a priority.
        @Test(arguments: [
            ("plain", sayCritical, "CRITICAL:root:1"),
            ("format", "echo \"2026-11-23 18:52:46,317 CRITICAL apply_layer: lost\"", "CRITICAL in: 2026"),
            ("traceback", "/usr/bin/python3 -c \"raise RuntimeError\"", "Traceback (most recent call last)"),
            ("group", "/usr/bin/python3 -c \"raise ExceptionGroup(str(1), [OSError()])\"", "Exception Group Traceback"),
            ("syslog", "echo \"<2>lost\"", "priority 2: lost"),
        ])
        func whatAServiceSaysOfItsEndIsFound(name: String, script: String, words: String) async throws {
            try await with("says-" + name, script) { unit in
                let judgement = try await judgement(unit) { if case .bad = $0.judgement { true } else { false } }
                #expect(isBad(judgement, words), "\(judgement)")
            }
        }

        /// More lines than any tail has, and the bad one first.
        @Test func aBadLineIsNotWashedAway() async throws {
            try await with("washed", "echo CRITICAL:x; seq 1 3000") { unit in
                let isWritten = try await unit.lab.eventually {
                    try await unit.lab.on(unit.host, "journalctl -q -o cat -u \(unit.name) -n 1") == "3000"
                }
                #expect(isWritten)
                let judgement = try await judgement(unit) { if case .bad = $0.judgement { true } else { false } }
                #expect(isBad(judgement, "CRITICAL"), "\(judgement)")
            }
        }

        @Test func aRotatedJournalHasNoGap() async throws {
            try await with("rotated", "echo one; until test -e /run/rotated; do sleep 0.05; done; echo two") { unit in
                try await unit.lab.on(unit.host, "rm -f /run/rotated")
                #expect(try await judgement(unit) { $0.judgement != .silent } != .silent)
                try await unit.lab.on(unit.host, "journalctl --rotate; touch /run/rotated")
                let judgement = try await judgement(unit) {
                    if case .clean(let lines) = $0.judgement { lines > 2 } else { false }
                }
                // systemd's own line about the start, and the two.
                #expect(judgement == .clean(lines: 3))
            }
        }

        @Test func linesThatJournaldDroppedAreUnknown() async throws {
            let limit = "LogRateLimitIntervalSec=1s\nLogRateLimitBurst=20"
            try await with("dropped", "seq 1 2000; sleep 2; echo again", more: limit) { unit in
                // As if nobody knew the limit: journald's own words are enough.
                let judgement = try await judgement(unit) { isUnknown($0.judgement, "dropped") }
                #expect(isUnknown(judgement, "journald dropped"), "\(judgement)")
            }
        }

        @Test func aServiceThatFillsItsLimitIsUnknownBeforeJournaldSaysSo() async throws {
            let limit = "LogRateLimitIntervalSec=1h\nLogRateLimitBurst=20"
            try await with("full", "seq 1 2000", more: limit) { unit in
                let judgement = try await judgement(unit, limit: LogRateLimit(burst: 20, interval: .seconds(3600))) {
                    $0.judgement != .silent
                }
                #expect(isUnknown(judgement, "may have dropped"), "\(judgement)")
            }
        }

        @Test func aJournaldThatStandsStillLetsNothingPass() async throws {
            let lab = InLab.lab
            try await lab.on("h1", "systemctl kill --signal STOP systemd-journald")
            do {
                try await with("still", "echo CRITICAL:x") { unit in
                    #expect(try await judgement(unit) { _ in true } == .silent)
                    try await lab.on("h1", "systemctl kill --signal CONT systemd-journald")
                    let judgement = try await judgement(unit) { if case .bad = $0.judgement { true } else { false } }
                    #expect(isBad(judgement, "CRITICAL"), "\(judgement)")
                }
            } catch {
                try await lab.on("h1", "systemctl kill --signal CONT systemd-journald")
                throw error
            }
        }
    }
}
