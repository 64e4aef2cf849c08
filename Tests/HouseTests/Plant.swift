import Testing

/// A small tree with faults in known lines of one file; without faults, the near miss that must pass.
struct Plant: Sendable, CustomTestStringConvertible {
    let rule: Rule
    let path: String
    let text: String
    let faults: [Int]
    /// The rest of the tree.
    let beside: [SourceFile]

    init(_ rule: Rule, _ path: String, _ text: String, faults: [Int] = [], beside: [SourceFile] = []) {
        self.rule = rule
        self.path = path
        self.text = text
        self.faults = faults
        self.beside = beside
    }

    var files: [SourceFile] { [SourceFile(path, text)] + beside }
    var testDescription: String { "\(rule.name) in \(path): \(text.prefix(40).replacing("\n", with: " "))" }

    static let all: [Plant] = access + escapes + sizes + names + patterns + mentions + warrants

    private static let access: [Plant] = [
        Plant(.access, "Sources/Coordination/A.swift", "\npublic struct A {}", faults: [2]),
        Plant(.access, "protocol/Swift/A.swift", "@_exported import B", faults: [1]),
        Plant(.access, "Sources/A/A.swift", "open class A {\npublic private(set) var a = 1\n}", faults: [1, 2]),
        Plant(
            .access, "Sources/qtctl/A.swift",
            "package struct A {} // public struct\nlet a = b.public\ncase open\ncase .open where b: 1"),
        Plant(.access, "Tests/TestSupport/A.swift", "public struct A {}"),
    ]

    private static let escapes: [Plant] = [
        Plant(.escape, "Sources/A/A.swift", "let a = try! b()\nlet c = d as! E\nfatalError()", faults: [1, 2, 3]),
        Plant(.escape, "Sources/A/A.swift", "Task { }\nTask(priority: .low) { }\nTask<A, B> { }", faults: [1, 2, 3]),
        Plant(.escape, "Sources/A/A.swift", "Task.detached { }", faults: [1]),
        Plant(.escape, "Sources/A/A.swift", "nonisolated(unsafe) var a = 1", faults: [1]),
        Plant(.escape, "Sources/A/A.swift", "struct A: @unchecked Sendable {}", faults: [1]),
        Plant(.escape, "Sources/A/A.swift", "// trap: because\nlet a = try! b()", faults: [2]),
        Plant(.escape, "Sources/A/A.swift", "// task: for another reason altogether\nlet a = try! b()", faults: [2]),
        Plant(.escape, "Sources/A/A.swift", "// trap: stands too far away\nlet c = 1\nlet a = try! b()", faults: [3]),
        Plant(.escape, "Sources/A/A.swift", "\"\\(try! b())\"", faults: [1]),
        Plant(.escape, "Sources/A/A.swift", "// trap: checked by the caller\nlet a = try! b()"),
        Plant(.escape, "Sources/A/A.swift", "let a = try! b() // trap: checked by the caller"),
        Plant(.escape, "Sources/A/A.swift", "// task: the final write outlives us\n// in any case\n@A\nTask { }"),
        Plant(.escape, "Sources/A/A.swift", "if try !done() {}\n// try! this\nlet a = \"fatalError()\"\nTask.yield()"),
        Plant(.escape, "Tests/A/A.swift", "let a = try! b()"),
    ]

    private static let sizes: [Plant] = [
        Plant(.fileSize, "Sources/A/A.swift", lines(401), faults: [401]),
        Plant(.fileSize, "Tests/A/A.swift", lines(601), faults: [601]),
        Plant(.fileSize, "protocol/scripts/a.lua", lines(81), faults: [81]),
        Plant(.fileSize, "Sources/A/A.swift", "// size: long\n" + lines(400), faults: [401]),
        Plant(.fileSize, "Sources/A/A.swift", lines(10) + "// size: this comes too late\n" + lines(400), faults: [401]),
        Plant(.fileSize, "Sources/A/A.swift", lines(400)),
        Plant(.fileSize, "Tests/A/A.swift", lines(600)),
        Plant(.fileSize, "protocol/scripts/a.lua", "-- size: one table of all states\n" + lines(99)),
        Plant(.functionSize, "Sources/A/A.swift", "\nfunc a() {\n" + lines(39) + "}", faults: [2]),
        Plant(.functionSize, "Tests/A/A.swift", "init?(b: B = { 1 }) throws(C) {\n" + lines(39) + "}", faults: [1]),
        Plant(.functionSize, "Sources/A/A.swift", "func a() {\n" + lines(38) + "}"),
        Plant(.functionSize, "Sources/A/A.swift", "// size: one row per state\nfunc a() {\n" + lines(50) + "}"),
        Plant(.functionSize, "Sources/A/A.swift", "protocol A {\n func a()\n" + lines(50) + "func b()\n}"),
        Plant(.functionSize, "Sources/A/A.swift", "func a() {\nlet b = \"{\" // {\n}\n" + lines(50) + "struct C {}"),
    ]

    private static func lines(_ count: Int) -> String { String(repeating: "let a = 1\n", count: count) }

    private static let names: [Plant] = [
        Plant(.name, "Sources/A/LeaseManager.swift", "", faults: [1]),
        Plant(.name, "ops/common.sh", "", faults: [1]),
        Plant(.name, "Sources/A/A.swift", "\nenum StringUtils {}\nprotocol HelperOf {}", faults: [2, 3]),
        Plant(.name, "Sources/A/Commonality.swift", "struct Utilisation {}\nlet helper = 1 // struct Helper"),
    ]

    private static let patterns: [Plant] = [
        Plant(.prefix, "Sources/A/A.swift", "\nlet key = \"{qt:\\(fleet)}:x\"", faults: [2]),
        Plant(.prefix, "Tests/DeployAgentTests/A.swift", "let key = \"{qt:lab}:x\"", faults: [1]),
        Plant(.prefix, "protocol/Swift/A.swift", "let key = \"{qt:lab}:x\""),
        Plant(.prefix, "Sources/A/A.swift", "// {qt:lab}:x is made elsewhere"),
        Plant(.stateDefault, "Sources/A/LeaseMachine.swift", "switch a {\ndefault: b\n}", faults: [2]),
        Plant(.stateDefault, "Sources/A/RolloutState.swift", "switch a {\n@unknown default: b\n}", faults: [2]),
        Plant(.stateDefault, "Sources/A/LeaseMachine.swift", "switch a {\ncase .b: c // default:\n}"),
        Plant(.stateDefault, "Sources/A/Lease.swift", "switch a {\ndefault: b\n}"),
        Plant(.test, "Tests/A/A.swift", "try await Task.sleep(for: .seconds(1))", faults: [1]),
        Plant(.test, "Tests/A/A.swift", "usleep(1)\nThread.sleep(forTimeInterval: 1)", faults: [2, 1]),
        Plant(.test, "Tests/A/A.swift", "let a = Date()\n#expect(true)", faults: [1, 2]),
        Plant(.test, "Tests/A/A.swift", "@Test(.disabled(\"flaky\"))\nfunc a() { withKnownIssue {} }", faults: [1, 2]),
        Plant(.test, "Tests/A/A.swift", "run(\"sleep(1)\") // Task.sleep(1)\n#expect(true == a)"),
        Plant(.test, "Sources/A/A.swift", "try await Task.sleep(for: .seconds(1))"),
        Plant(.workplace, "ops/demo", "cd /work/tree", faults: [1]),
        Plant(.workplace, "README.md", "\nsee `/root/notes`\nmail a@localhost", faults: [2, 3]),
        Plant(.workplace, "README.md", "code was edited under `/root/quantum_trader`\ngo to net/work/tree"),
        Plant(.workplace, "ops/demo", "cp x /root/x"),
    ]

    private static let mentions: [Plant] = [
        Plant(.mention, "README.md", "a\nsee `ops/gone` and `docs/gone.md`", faults: [2, 2], beside: tree),
        Plant(.mention, "README.md", "`make gone`\n```\nsudo make absent\n```", faults: [1, 3], beside: tree),
        Plant(
            .mention, "README.md", "```\n$ qtctl gone --all\nops/lab qtctl absent\n```", faults: [2, 3], beside: tree),
        Plant(.mention, "ops/runbook.md", "`qtctl gone`", faults: [1], beside: tree),
        Plant(
            .mention, "README.md",
            "`ops/lab`, `./ops/lab`, `ops/`, `sudo make demo`, `make PREFIX=/usr`, `qtctl deploy --all`, `qtctl VERB`,\n"
                + "`/etc/ops/x`, `refs/heads/main`, `their/main.py`, `ops/*.sh`, qtctl gone, `qtctl help`", beside: tree
        ),
    ]

    private static let warrants: [Plant] = [
        Plant(.warrant, "Sources/DeployAgent/Job/A.swift", "let a = Verified(order, .unsigned)", faults: [1]),
        Plant(.warrant, "Sources/DeployAgent/Job/A.swift", "\nlet a: B = Verified.init(c, .root)", faults: [2]),
        Plant(.warrant, "Sources/DeployAgent/Services/JobService.swift", "work(.byRoot(order))", faults: [1]),
        Plant(.warrant, "Sources/DeployAgent/BreakGlass/BreakGlass.swift", "try Verified.ofJournal(text)", faults: [1]),
        Plant(
            .warrant, "Sources/DeployAgent/Trust/Verified.swift", "fileprivate init(_ a: A) {}\ninit(b: B) {}",
            faults: [2]),
        Plant(.warrant, "Sources/DeployAgent/Job/A.swift", "func a(_ b: Verified) { b.order }"),
        Plant(.warrant, "Sources/DeployAgent/Services/JobService.swift", "try Verified.ofJournal(text)"),
    ]

    private static let tree: [SourceFile] = [
        SourceFile("Makefile", ".PHONY: help\nhelp: ## this\ndemo install: release ## that\n\tgone: x\n"),
        SourceFile("ops/lab", ""),
        SourceFile("Sources/qtctl/Deploy.swift", "configuration(commandName: \"deploy\", abstract: \"\")"),
    ]
}
