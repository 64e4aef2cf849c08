import DeployModel
import SystemPackage
import TestSupport
import Testing

@testable import DeployAgent

@Suite struct FailpointTests {
    @Test(arguments: [
        ("claimed:kill", Failpoint.Plan(point: .claimed, action: .kill)),
        ("checkout_begun:kill:2", .init(point: .checkoutBegun, action: .kill, pass: 2)),
        ("restart_done:kill:1:40", .init(point: .restartDone, action: .kill, pass: 1, milliseconds: 40)),
        ("published:wait", .init(point: .published, action: .wait)),
    ])
    func aPlanIsRead(text: String, plan: Failpoint.Plan) throws { #expect(try Failpoint.plan(text) == plan) }

    @Test(arguments: [
        "", "claimed", "claimed:", "claim:kill", "claimed:stop", "claimed:kill:0", "claimed:kill:x",
        "claimed:kill:1:-1",
        "claimed:kill:1:2:3", ":kill",
    ])
    func aMisspeltPlanIsRefusedWithWhatIsKnown(text: String) {
        let error = #expect(throws: Failpoint.Malformed.self) { try Failpoint.plan(text) }
        #expect(error?.description.contains("revert_checkout_done") == true)
    }

    /// The fault tests walk the boundaries by their own list: one that is missing there would never be tried.
    @Test func theFaultTestsKnowEveryBoundary() throws {
        let path = Repository.root.appending("ops/faultlib/cells.py")
        let source = String(decoding: try #require(try DurableFile.read(path, limit: 100_000)), as: UTF8.self)
        let head = try #require(source.split(separator: "FAULTS = {").first)
        let words = Set(head.split { !($0.isLetter || $0 == "_") }.map(String.init))
        for point in Failpoint.allCases { #expect(words.contains(point.rawValue), "\(point.rawValue)") }
    }
}
