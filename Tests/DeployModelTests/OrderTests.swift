import DeployModel
import Testing

/// What makes an order one that nobody may act on.
@Suite struct OrderTests {
    private static let head = CommitID(accepted: String(repeating: "a", count: 40))

    private static func line(_ host: String, _ path: String = "/a", _ services: [String] = ["s"]) -> Order.Line {
        Order.Line(
            host: HostName(accepted: host), path: CanonicalPath(accepted: path), expectedHead: head,
            services: services.map { ServiceName(accepted: $0) })
    }

    private static func order(_ lines: [Order.Line]) -> Order {
        Order(
            fleet: FleetName(accepted: "f"), id: .random(), operatorName: OperatorName(accepted: "ada"),
            operation: .deploy, source: SourceName(accepted: "qt"), branch: BranchName(accepted: "main"), commit: head,
            direction: .forward, lines: lines, waves: .oneByOne, soakSeconds: 0, pauseAfter: .none, maxFailures: 0,
            onFailure: .halt, failedHost: .revert, beginBefore: Timestamp(milliseconds: 1),
            until: Timestamp(milliseconds: 2), created: Timestamp(milliseconds: 0), reason: .none)
    }

    @Test func good() {
        let order = Self.order([
            Self.line("h2", "/a", ["s", "t"]), Self.line("h2", "/b", ["u"]), Self.line("h1", "/a", ["s"]),
        ])
        #expect(order.flaw == nil)
        #expect(order.hosts.map(\.text) == ["h2", "h1"])
        #expect(order.services.map(\.text) == ["s", "t", "u"])
        #expect(order.targetCount == 4)
        #expect(order.lines(of: HostName(accepted: "h2")).map(\.path.text) == ["/a", "/b"])
    }

    @Test(arguments: [
        ([], "no host"), ([line("h", "/a", [])], "no service"),
        ([line("h"), line("g"), line("h", "/b", ["t"])], "together"),
        ([line("h", "/a", ["s", "s"])], "twice"), ([line("h", "/a"), line("h", "/b")], "twice"),
        ([line("h", "/a", ["s"]), line("h", "/a", ["t"])], "a path stands twice"),
        ((0...1000).map { line("h\($0)") }, "1001 hosts"),
    ])
    func flaws(lines: [Order.Line], words: String) {
        #expect(Self.order(lines).flaw?.contains(words) == true)
    }

    @Test func aThousandHostsAreTaken() { #expect(Self.order((1...1000).map { Self.line("h\($0)") }).flaw == nil) }

    @Test func beginBeforeMayNotLieAfterUntil() {
        var order = Self.order([Self.line("h")])
        order.beginBefore = order.until
        #expect(order.flaw == nil)
        order.beginBefore = order.until.adding(seconds: 1)
        #expect(order.flaw == "begin_before lies after until")
    }
}
