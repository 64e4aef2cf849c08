import DeployModel
import Testing

@testable import DeployAgent

@Suite struct JournalRecordTests {
    static let commit = CommitID(accepted: String(repeating: "a", count: 40))
    static let path = CanonicalPath(accepted: "/home/qt/quantum_trader")
    static let service = ServiceName(accepted: "quantum-apply-layer")

    static let every: [JournalRecord] = [
        .admitted(order: Array("qtorder1\nreason=50 % \u{e4}\n".utf8)),
        .admitted(order: Array("qtorder1\n".utf8), isByHand: true),
        .found(path: path, head: commit),
        .ran(service: service, invocation: "0123abcd", commit: commit),
        .ran(service: service, invocation: "", commit: nil),
        .claimed(token: 9_007_199_254_740_991),
        .checkoutBegun(path: path, to: commit),
        .checkoutDone(path: path),
        .restartBegun(service: service),
        .restartDone(service: service, invocation: "0123abcd"),
        .revertBegun(step: .verify, rule: .processDied, message: "it died = twice\n\u{1b}[2J"),
        .revertCheckoutDone(path: path),
        .revertRestartBegun(service: service),
        .ended(verdict: .revertFailed),
    ]

    @Test(arguments: every) func aLineReadsBackAsItsRecord(record: JournalRecord) {
        #expect(!record.line.contains("\n"))
        #expect(JournalRecord(line: Array(record.line.utf8)[...]) == record)
    }

    @Test(arguments: [
        "", "claimed", "claimed token=x", "claimed token=-1", "found path=relative head=aa", "ended verdict=fine",
        "restart_begun service=a%2", "somebody wrote=this", "ran service=ok", "admitted",
    ])
    func whatIsNoneOfOursIsNil(line: String) {
        #expect(JournalRecord(line: Array(line.utf8)[...]) == nil)
    }
}
