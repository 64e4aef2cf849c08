package import DeployModel

/// What the manager says about one service.
package struct UnitFacts: Sendable, Equatable {
    /// The service that was asked for.
    package var service: ServiceName
    /// The unit's own name; another one than asked for when the name is an alias.
    package var id: String
    /// `Description=`; printed through VisibleText only.
    package var description: String
    /// `loaded`, `not-found`, `masked`, `bad-setting`, `error`.
    package var loadState: String
    /// `active`, `reloading`, `inactive`, `failed`, `activating`, `deactivating`, `maintenance`.
    package var activeState: String
    /// `running`, `dead`, `auto-restart`, `exited` ...
    package var subState: String
    /// `success`, `exit-code`, `start-limit-hit`, `timeout` ... of the last run.
    package var result: String
    /// `simple`, `exec`, `notify`, `oneshot` ...
    package var type: String
    /// Where it runs: the canonical path, if it is set.
    package var workingDirectory: WorkingDirectory
    /// `User=`; empty means root.
    package var user: String
    /// `Group=`; empty means the user's.
    package var group: String
    /// `EnvironmentFile=`, in their order.
    package var environmentFiles: [EnvironmentFileReference]
    /// `Environment=`, as systemctl quotes it.
    package var environment: String
    /// One text per `ExecStart=`, as systemctl shows it.
    package var execStart: [String]
    /// The unit file; empty for a transient one without.
    package var fragmentPath: String
    /// Drop-in files, in their order.
    package var dropInPaths: [String]
    /// Whether unit files changed since the manager read them.
    package var needsDaemonReload: Bool
    /// The main process; nil when none runs.
    package var mainPID: Int32?
    /// This run's id: 32 hexadecimal digits; nil when the unit has not run since boot.
    package var invocationID: String?
    /// Automatic restarts since the last start by hand.
    package var restarts: Int
    /// The job that is queued or runs for this unit; nil when none.
    package var job: UInt32?
    /// `TimeoutStopSec=`; nil when systemctl printed something else than a time span.
    package var timeoutStop: UnitDuration?
    /// `TimeoutStartSec=`; nil as above.
    package var timeoutStart: UnitDuration?
    /// `RestartSec=`; nil as above.
    package var restartDelay: UnitDuration?
    /// When the main process was started: microseconds of CLOCK_MONOTONIC; 0 for never.
    package var mainStarted: UInt64
    /// When the unit became active: microseconds of CLOCK_MONOTONIC; 0 for never.
    package var activeEntered: UInt64
    /// The control group's path; empty when the unit has none now.
    package var controlGroup: String
    /// How many commands run before a start is over, beside the main one (`ExecCondition=`, `ExecStartPre=`,
    /// `ExecStartPost=`): each has the whole of ``timeoutStart`` for itself.
    package var startCommands: Int
    /// How many commands run at a stop (`ExecStop=`, `ExecStopPost=`): each has the whole of ``timeoutStop``.
    package var stopCommands: Int
    /// The units that take this one along when they are stopped or restarted: `Requires=`, `Requisite=`, `BindsTo=` and
    /// `PartOf=` (systemd.unit(5)).
    package var followedUnits: Set<String>
    /// What journald lets through of this unit.
    package var logLimit: LogRateLimit

    static let properties =
        [
            "Id", "Description", "LoadState", "ActiveState", "SubState", "Result", "Type", "WorkingDirectory", "User",
            "Group",
            "EnvironmentFiles", "Environment", "ExecStart", "FragmentPath", "DropInPaths", "NeedDaemonReload",
            "MainPID",
            "InvocationID", "NRestarts", "Job", "TimeoutStopUSec", "TimeoutStartUSec", "RestartUSec",
            "ExecMainStartTimestampMonotonic", "ActiveEnterTimestampMonotonic", "ControlGroup",
        ] + startPhases + stopPhases + followed + ["LogRateLimitBurst", "LogRateLimitIntervalUSec"]
    private static let startPhases = ["ExecCondition", "ExecStartPre", "ExecStartPost"]
    private static let stopPhases = ["ExecStop", "ExecStopPost"]
    private static let followed = ["Requires", "Requisite", "BindsTo", "PartOf"]

    /// Whether the manager has a unit file for it.
    package var isLoaded: Bool { loadState == "loaded" }

    /// Whether it is up: active, with its process running.
    package var isRunning: Bool { activeState == "active" && subState == "running" }

    /// Takes one unit's properties; nil when one that every service has is missing, or a number is none.
    init?(_ properties: UnitProperties, of service: ServiceName) {
        guard let mainPID: Int32 = properties.number("MainPID"), mainPID >= 0,
            let restarts: Int = properties.number("NRestarts"),
            let mainStarted: UInt64 = properties.number("ExecMainStartTimestampMonotonic"),
            let activeEntered: UInt64 = properties.number("ActiveEnterTimestampMonotonic"),
            !properties.text("Id").isEmpty, !properties.text("LoadState").isEmpty,
            !properties.text("ActiveState").isEmpty
        else { return nil }
        self.service = service
        id = properties.text("Id")
        description = properties.text("Description")
        loadState = properties.text("LoadState")
        activeState = properties.text("ActiveState")
        subState = properties.text("SubState")
        result = properties.text("Result")
        type = properties.text("Type")
        workingDirectory = WorkingDirectory(shown: properties.text("WorkingDirectory"))
        user = properties.text("User")
        group = properties.text("Group")
        environmentFiles = properties.list("EnvironmentFiles").map(EnvironmentFileReference.init(shown:))
        environment = properties.text("Environment")
        execStart = properties.list("ExecStart")
        fragmentPath = properties.text("FragmentPath")
        dropInPaths = properties.text("DropInPaths").split(separator: " ").map(String.init)
        needsDaemonReload = properties.text("NeedDaemonReload") == "yes"
        self.mainPID = mainPID == 0 ? nil : mainPID
        invocationID = Optional(properties.text("InvocationID")).flatMap { $0.utf8.count == 32 ? $0 : nil }
        self.restarts = restarts
        job = properties.number("Job").flatMap { $0 == 0 ? nil : $0 }
        timeoutStop = UnitDuration(properties.text("TimeoutStopUSec"))
        timeoutStart = UnitDuration(properties.text("TimeoutStartUSec"))
        restartDelay = UnitDuration(properties.text("RestartUSec"))
        self.mainStarted = mainStarted
        self.activeEntered = activeEntered
        controlGroup = properties.text("ControlGroup")
        startCommands = Self.startPhases.reduce(0) { $0 + properties.list($1).count }
        stopCommands = Self.stopPhases.reduce(0) { $0 + properties.list($1).count }
        followedUnits = Set(Self.followed.flatMap { properties.text($0).split(separator: " ").map(String.init) })
        logLimit = LogRateLimit(properties)
    }
}
