import DeployModel
import Testing

@testable import HostControl

@Suite struct SystemctlCommandsTests {
    let commands = SystemctlCommands(timeLimit: .seconds(5))
    let service = ServiceName(accepted: "quantum-apply-layer")

    @Test func theCommandsAreThese() {
        let unit = "quantum-apply-layer.service"
        let expected: [(HostCommand, [String])] = [
            (
                commands.show([service, ServiceName(accepted: "b")]),
                ["show", "--property=" + UnitFacts.properties.joined(separator: ","), "--", unit, "b.service"]
            ),
            (
                commands.showAll(),
                ["show", "--property=Id,LoadState,ActiveState,WorkingDirectory", "--", "*.service"]
            ),
            (commands.resetFailed(service), ["reset-failed", "--", unit]),
            (
                commands.restart(service),
                ["restart", "--no-block", "--job-mode=fail", "--show-transaction", "--", unit]
            ),
            (commands.start(service), ["start", "--no-block", "--", unit]),
            (commands.stop(service), ["stop", "--no-block", "--", unit]),
            (commands.cancelJob(17), ["cancel", "--", "17"]),
        ]
        for (command, arguments) in expected {
            #expect(command.executable == "/usr/bin/systemctl")
            #expect(command.arguments == ["--no-pager", "--no-ask-password"] + arguments)
            #expect(command.timeLimit == .seconds(5))
            #expect(command.environment["LC_ALL"] == "C")
            #expect(command.identity == nil)
        }
    }
}

@Suite struct SystemdTests {
    /// As systemd 252 prints it.
    static let running = """
        Type=simple
        RestartUSec=1s
        TimeoutStartUSec=1min 30s
        TimeoutStopUSec=infinity
        MainPID=4242
        NRestarts=2
        Result=success
        ExecMainStartTimestampMonotonic=73200112233
        ExecStart={ path=/usr/bin/python3 ; argv[]=/usr/bin/python3 -m app --x=1 ; ignore_errors=no ; start_time=[n/a] ; pid=0 }
        ControlGroup=/system.slice/quantum-apply-layer.service
        Environment=A=1 "B=two words"
        EnvironmentFiles=/etc/qt/apply.env (ignore_errors=no)
        EnvironmentFiles=/etc/qt/local.env (ignore_errors=yes)
        WorkingDirectory=/home/qt/quantum_trader
        User=qt
        Group=
        Id=quantum-apply-layer.service
        Description=Apply = layer
        LoadState=loaded
        ActiveState=active
        SubState=running
        FragmentPath=/etc/systemd/system/quantum-apply-layer.service
        DropInPaths=/etc/systemd/system/quantum-apply-layer.service.d/10-a.conf /run/systemd/b.conf
        ActiveEnterTimestampMonotonic=73200112300
        InvocationID=0123456789abcdef0123456789abcdef
        NeedDaemonReload=no
        Job=

        """
    static let missing = """
        Type=
        RestartUSec=100ms
        TimeoutStartUSec=1min 30s
        TimeoutStopUSec=1min 30s
        MainPID=0
        NRestarts=0
        Result=success
        ExecMainStartTimestampMonotonic=0
        Id=nope.service
        Description=nope.service
        LoadState=not-found
        ActiveState=inactive
        SubState=dead
        ActiveEnterTimestampMonotonic=0
        WorkingDirectory=
        InvocationID=
        NeedDaemonReload=no
        Job=77

        """
    let apply = ServiceName(accepted: "quantum-apply-layer")
    let nope = ServiceName(accepted: "nope")

    private func systemd(_ runner: ScriptedRunner) -> Systemd { Systemd(runner: runner, timeLimit: .seconds(5)) }

    @Test func aUnitIsReadWhole() async throws {
        let units = try await systemd(ScriptedRunner(output: Self.running + "\n" + Self.missing)).show([apply, nope])
        let unit = try #require(units.first)
        #expect(unit.service == apply)
        #expect(unit.isLoaded && unit.isRunning && !unit.needsDaemonReload)
        #expect(unit.description == "Apply = layer")
        #expect(unit.workingDirectory == .path(try CanonicalPath("/home/qt/quantum_trader"), ignoreMissing: false))
        #expect(unit.user == "qt" && unit.group.isEmpty)
        #expect(
            unit.environmentFiles == [
                EnvironmentFileReference(path: "/etc/qt/apply.env", mayBeMissing: false),
                EnvironmentFileReference(path: "/etc/qt/local.env", mayBeMissing: true),
            ])
        #expect(unit.execStart.count == 1)
        #expect(unit.dropInPaths.count == 2)
        #expect(unit.mainPID == 4242 && unit.restarts == 2 && unit.job == nil)
        #expect(unit.invocationID == "0123456789abcdef0123456789abcdef")
        #expect(unit.timeoutStart == .finite(.seconds(90)) && unit.timeoutStop == .infinity)
        #expect(unit.restartDelay == .finite(.seconds(1)))
        #expect(unit.mainStarted == 73_200_112_233 && unit.activeEntered == 73_200_112_300)
        #expect(unit.controlGroup == "/system.slice/quantum-apply-layer.service")
        #expect(unit.startCommands == 0 && unit.stopCommands == 0 && unit.followedUnits.isEmpty)
        #expect(unit.logLimit == .byDefault)
        let second = try #require(units.last)
        #expect(second.loadState == "not-found" && second.mainPID == nil && second.invocationID == nil)
        #expect(second.workingDirectory == .empty && second.job == 77)
    }

    @Test(arguments: [
        "", "nonsense", running + "\n" + running, running.replacing("MainPID=4242\n", with: ""),
        running.replacing("NRestarts=2", with: "NRestarts=two"), running.replacing("MainPID=4242", with: "MainPID=-1"),
        running.replacing("Description=Apply = layer", with: "Description=x\nMainPID=1"),
        running.replacing("Description=Apply = layer", with: "Description=x\nno property"),
        running.replacing("User=qt", with: "=qt"), running.replacing("Id=", with: "Ib="),
    ])
    func anOddAnswerIsAnError(text: String) async {
        let error = await #expect(throws: HostError.self) {
            try await systemd(ScriptedRunner(output: text)).show([apply])
        }
        guard case .oddAnswer = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func aCommandMayHaveLineBreaks() async throws {
        let text = Self.running.replacing("-m app --x=1", with: "-c import x\n\nMainPID=1\nx.run()")
        let unit = try #require(try await systemd(ScriptedRunner(output: text)).show([apply]).first)
        #expect(unit.mainPID == 4242)
        #expect(unit.execStart.first?.contains("\n\nMainPID=1\n") == true)
        let open = String(text.prefix { $0 != "}" })
        await #expect(throws: HostError.self) { try await systemd(ScriptedRunner(output: open)).show([apply]) }
    }

    @Test func whatSurroundsAStartAndAStopIsRead() async throws {
        let command = "{ path=/bin/true ; argv[]=/bin/true ; ignore_errors=no }"
        let more = """
            ExecStartPre=\(command)
            ExecStartPre={ path=/bin/sh ; argv[]=/bin/sh -c a
            b ; ignore_errors=no }
            ExecCondition=\(command)
            ExecStop=\(command)
            ExecStopPost=\(command)
            Requires=a.service system.slice
            BindsTo=
            PartOf=b.service a.service
            LogRateLimitBurst=50
            LogRateLimitIntervalUSec=2s

            """
        let unit = try #require(try await systemd(ScriptedRunner(output: Self.running + more)).show([apply]).first)
        #expect(unit.startCommands == 3 && unit.stopCommands == 2)
        #expect(unit.followedUnits == ["a.service", "b.service", "system.slice"])
        #expect(unit.logLimit == LogRateLimit(burst: 50, interval: .seconds(2)))
    }

    @Test func withoutAManagerItSaysSo() async throws {
        let said = "Failed to connect to bus: Host is down"
        func broken() -> Systemd { systemd(ScriptedRunner(output: "", code: 1, error: said + "\n")) }
        for call in [
            { _ = try await broken().show([apply]) }, { _ = try await broken().restart(apply) },
            { try await broken().start(apply) }, { try await broken().stop(apply) },
            { _ = try await broken().units(runningFrom: CanonicalPath("/srv")) },
        ] {
            let error = await #expect(throws: HostError.self) { try await call() }
            #expect(error?.description.contains(said) == true)
        }
        // These two say nothing by their exit code.
        try await broken().resetFailed(apply)
        try await broken().cancelJob(3)
    }

    /// As systemd 252 says it; what is not understood names no job.
    @Test(
        arguments: [
            (
                "Enqueued auxiliary job 330 user.slice/start.\nEnqueued anchor job 275 quantum-apply-layer.service/restart.\n",
                275
            ),
            ("Enqueued anchor job 275 quantum-apply-layer.service/start.\n", nil),
            ("Enqueued anchor job 9 quantum.service/restart.\n", nil),
            ("Enqueued anchor job 4294967296 quantum-apply-layer.service/restart.\n", nil),
            ("\u{0}\n\n", nil), ("", nil),
        ] as [(String, UInt32?)])
    func aRestartIsToldItsJob(said: String, job: UInt32?) async throws {
        #expect(try await systemd(ScriptedRunner(output: "", code: 0, error: said)).restart(apply) == job)
    }

    @Test func aRefusedOrderIsSaidWithItsReason() async throws {
        let said = "Failed to restart x.service: Transaction is destructive.\nSee system logs for details.\n"
        let error = await #expect(throws: HostError.self) {
            try await systemd(ScriptedRunner(output: "", code: 4, error: said)).restart(apply)
        }
        #expect(error?.description.contains("Transaction is destructive") == true)
    }

    @Test func nothingIsAskedForNoService() async throws {
        let runner = ScriptedRunner([])
        #expect(try await systemd(runner).show([]).isEmpty)
        #expect(await runner.asked.isEmpty)
    }

    @Test func servicesBelowAPathAreFound() async throws {
        func block(_ id: String, _ directory: String, load: String = "loaded") -> String {
            "Id=\(id)\nLoadState=\(load)\nActiveState=active\nWorkingDirectory=\(directory)\n"
        }
        let answer = [
            block("a.service", "/srv/tree"), block("b.service", "!/srv/tree/sub"), block("c.service", "/srv/tree2"),
            block("d.service", ""), block("e.service", "~"), block("f.service", "/srv"),
            block("g\\x2dh.service", "/srv/tree/x"), block("i.service", "/srv/tree", load: "not-found"),
        ].joined(separator: "\n")
        let found = try await systemd(ScriptedRunner(output: answer)).units(runningFrom: CanonicalPath("/srv/tree"))
        #expect(found.map(\.id) == ["a.service", "b.service", "g\\x2dh.service"])
        let all = try await systemd(ScriptedRunner(output: answer)).units(runningFrom: CanonicalPath("/"))
        #expect(all.count == 5)
    }
}

@Suite struct UnitValuesTests {
    @Test(arguments: [
        ("0", Duration.zero), ("1s", .seconds(1)), ("100ms", .milliseconds(100)), ("1min 30s", .seconds(90)),
        ("1.500s", .milliseconds(1500)), ("5min 20.250s", .milliseconds(320_250)),
        ("2h 3us", .microseconds(7_200_000_003)),
        ("1d 1w", .seconds(691_200)),
    ])
    func aTimeSpanIsRead(text: String, duration: Duration) { #expect(UnitDuration(text) == .finite(duration)) }

    @Test(arguments: [
        "", "1", "s", "-1s", "1s2", "1..5s", "1.s", ".5s", "99999999999999999999s", "99999999999999y", "x",
        "1.1234567s", "٣s",
    ])
    func anOddTimeSpanIsNone(text: String) { #expect(UnitDuration(text) == nil) }

    @Test func theWorkingDirectoryIsRead() throws {
        #expect(WorkingDirectory(shown: "") == .empty)
        #expect(WorkingDirectory(shown: "~") == .home)
        #expect(WorkingDirectory(shown: "!~") == .home)
        #expect(WorkingDirectory(shown: "/srv/x") == .path(try CanonicalPath("/srv/x"), ignoreMissing: false))
        #expect(WorkingDirectory(shown: "!/srv/x") == .path(try CanonicalPath("/srv/x"), ignoreMissing: true))
        for odd in ["srv", "/srv/../x", "/a b", "/srv/", "!", "!!/srv"] {
            #expect(WorkingDirectory(shown: odd) == .odd(odd))
        }
    }
}
