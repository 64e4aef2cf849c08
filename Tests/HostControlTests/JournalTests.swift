import DeployModel
import Testing

@testable import HostControl

@Suite struct JournalTests {
    static let invocation = "0123456789abcdef0123456789abcdef"
    let service = ServiceName(accepted: "qt")
    let limits = JournalLimits(time: .seconds(9), output: 1000)

    private func line(_ json: String) -> JournalLine? { JournalLine(json: Array(json.utf8), unit: "qt.service") }

    @Test func theCommandIsThis() {
        let about = [
            "_SYSTEMD_UNIT=qt.service", "_SYSTEMD_INVOCATION_ID=" + Self.invocation, "+", "_PID=1", "UNIT=qt.service",
            "INVOCATION_ID=" + Self.invocation, "+", "_TRANSPORT=driver", "MESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e",
            "OBJECT_SYSTEMD_UNIT=qt.service", "OBJECT_SYSTEMD_INVOCATION_ID=" + Self.invocation,
        ]
        let parts: [(JournalPart, [String])] = [
            (.newest(50), ["--lines=50"]), (.all, []), (.after("s=1;i=2"), ["--after-cursor=s=1;i=2"]),
        ]
        for (part, options) in parts {
            let command = JournalCommands.read(service, invocation: Self.invocation, part, limits: limits)
            #expect(
                command.arguments == [
                    "--no-pager", "--quiet", "--all", "--output=json",
                    "--output-fields=MESSAGE,PRIORITY,_SYSTEMD_UNIT,_PID,MESSAGE_ID,N_DROPPED,_TRANSPORT",
                ] + options + about)
        }
        let command = JournalCommands.read(service, invocation: Self.invocation, .all, limits: limits)
        #expect(command.executable == "/usr/bin/journalctl")
        #expect(command.timeLimit == .seconds(9) && command.outputLimit == 1000)
    }

    @Test func aLineIsRead() {
        let json = """
            {"__CURSOR":"s=1","__REALTIME_TIMESTAMP":"1700000000123456","PRIORITY":"3","MESSAGE":"no \\u001b[1m","_SYSTEMD_UNIT":"qt.service"}
            """
        let read = line(json)
        #expect(
            read
                == JournalLine(
                    priority: 3, message: "no \u{1B}[1m", realtime: 1_700_000_000_123_456, isFromUnit: true,
                    cursor: "s=1"))
        #expect(read?.shown == "2023-11-14T22:13:20.123Z <3> no \\x1b[1m")
    }

    @Test(
        arguments: [
            (#""MESSAGE":[104,105,255,10]"#, "hi\u{FFFD}\n"), (#""MESSAGE":null"#, nil),
            (#""MESSAGE":["a","b"]"#, "a\nb"),
            (#""MESSAGE":["a",null]"#, nil), (#""MESSAGE":[[104],"b"]"#, "h\nb"), (#""X":"1""#, ""),
        ] as [(String, String?)])
    func messagesComeInEveryShape(field: String, message: String?) throws {
        let read = try #require(line("{\"__REALTIME_TIMESTAMP\":\"5\",\(field)}"))
        #expect(read.message == message)
        #expect(read.priority == 6 && !read.isFromUnit)
    }

    @Test func theManagersOwnWordsAreToldApart() {
        let json = #"{"__REALTIME_TIMESTAMP":"5","MESSAGE":"Started","_SYSTEMD_UNIT":"init.scope","PRIORITY":"9"}"#
        #expect(line(json) == JournalLine(priority: 6, message: "Started", realtime: 5, isFromUnit: false))
    }

    @Test func onlyJournaldItselfSaysThatLinesWereDropped() {
        let notice = #""MESSAGE_ID":"a596d6fe7bfa4994828e72309e95d61e","N_DROPPED":"813""#
        func dropped(_ fields: String) -> Int? { line("{\"__REALTIME_TIMESTAMP\":\"5\",\(fields)}")?.dropped }
        #expect(dropped(notice + #","_TRANSPORT":"driver""#) == 813)
        #expect(dropped(#""MESSAGE_ID":"a596d6fe7bfa4994828e72309e95d61e","_TRANSPORT":"driver""#) == 1)
        #expect(dropped(notice + #","_TRANSPORT":"journal""#) == 0)
        #expect(dropped(#""MESSAGE_ID":"x","_TRANSPORT":"driver""#) == 0)
    }

    @Test(arguments: [
        "", "{", "[]", "null", "{}", #"{"__REALTIME_TIMESTAMP":"x"}"#,
        #"{"__REALTIME_TIMESTAMP":"1","MESSAGE":{"a":1}}"#,
    ])
    func anOddLineIsNone(json: String) { #expect(line(json) == nil) }

    @Test func anAnswerIsReadOrRefusedWhole() async throws {
        func lines(_ output: String, invocation: String = Self.invocation) async throws -> [JournalLine] {
            try await Journal(runner: ScriptedRunner(output: output), limits: limits)
                .lines(of: service, invocation: invocation, newest: 10)
        }
        let one = #"{"__REALTIME_TIMESTAMP":"1","MESSAGE":"a"}"# + "\n"
        #expect(try await lines(one + one).count == 2)
        #expect(try await lines("").isEmpty)
        await #expect(throws: HostError.self) { try await lines(one + "-- No entries --\n") }
        await #expect(throws: HostError.self) { try await lines(one, invocation: "x=1") }
    }

    @Test func theTailHasTheNewestWholeLines() {
        let lines = (1...5).map {
            JournalLine(priority: 6, message: "m\($0)", realtime: Int64($0) * 1_000_000, isFromUnit: true)
        }
        let size = lines[0].shown.utf8.count + 1
        #expect(lines.tail(bytes: 2 * size) == lines[3].shown + "\n" + lines[4].shown)
        #expect(lines.tail(bytes: 2 * size - 1) == lines[4].shown)
        #expect(lines.tail(bytes: 0).isEmpty)
    }
}
