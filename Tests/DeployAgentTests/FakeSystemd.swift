import DeployModel
import HostControl

/// A unit as a test wants systemd to show it.
struct UnitState: Sendable {
    var active = "active"
    var sub = "running"
    var invocation: Character? = "a"
    var job: Int?
    var restarts = 0
    var result = "success"
    var more: [String: String] = [:]

    static let old = UnitState()
    static let new = UnitState(invocation: "b")
    static let stopping = UnitState(active: "deactivating", sub: "stop-sigterm", job: 7)
    static let starting = UnitState(active: "activating", sub: "start", invocation: "b", job: 7)

    var text: String {
        var properties = [
            "Id": "t.service", "LoadState": "loaded", "ActiveState": active, "SubState": sub, "Result": result,
            "MainPID": "4", "NRestarts": "\(restarts)", "ExecMainStartTimestampMonotonic": "1",
            "ActiveEnterTimestampMonotonic": "1",
            "InvocationID": invocation.map { String(repeating: $0, count: 32) } ?? "",
            "Job": job.map(String.init) ?? "", "TimeoutStopUSec": "0", "TimeoutStartUSec": "0",
        ]
        properties.merge(more) { $1 }
        return properties.map { "\($0)=\($1)\n" }.joined()
    }

    func facts() async throws -> UnitFacts {
        try await Systemd(runner: FakeSystemd([self]), timeLimit: .seconds(1)).show([.init(accepted: "t")])[0]
    }
}

/// Answers `systemctl show` with one state after the other, the last for ever, and remembers every other command.
actor FakeSystemd: CommandRunning {
    /// What a look at the unit brings.
    enum Look: Sendable {
        case state(UnitState)
        case silence
    }

    private var looks: [Look]
    private let restart: HostError?
    /// What systemctl says to a restart that it queued.
    private let said: String
    private(set) var commands: [String] = []
    private(set) var looksTaken = 0

    init(_ states: [UnitState], restart: HostError? = nil, said: String = "") {
        self.init(looks: states.map(Look.state), restart: restart, said: said)
    }

    init(looks: [Look], restart: HostError? = nil, said: String = "") {
        self.looks = looks
        self.restart = restart
        self.said = said
    }

    func run(
        _ command: HostCommand, onLine: (@Sendable (OutputLine) -> Void)?
    ) async throws(HostError) -> CommandResult {
        let verb = command.arguments.drop { $0.hasPrefix("--") }
        var output = ""
        if verb.first == "show" {
            looksTaken += 1
            let look = looks.count > 1 ? looks.removeFirst() : looks[0]
            switch look {
            case .state(let state): output = state.text
            case .silence: throw .timeLimit(command: "systemctl show", limit: .seconds(20))
            }
        } else {
            commands.append(verb.filter { !$0.hasPrefix("--") }.joined(separator: " "))
            if verb.first == "restart", let restart { throw restart }
        }
        return CommandResult(
            termination: .exited(0), standardOutput: Array(output.utf8),
            standardError: verb.first == "restart" ? Array(said.utf8) : [], duration: .zero)
    }
}
