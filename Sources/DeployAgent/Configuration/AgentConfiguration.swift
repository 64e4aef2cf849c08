package import DeployModel
package import SettingsFile

/// What `/etc/qtagent/agent.yaml` and `agent.d/*.yaml` say, merged and checked: root's word on what this host allows.
package struct AgentConfiguration: Sendable, Equatable {
    /// The fleet that this host belongs to.
    package var fleet: FleetName
    /// The host's name in the fleet.
    package var host: HostName
    /// What the host says of itself, for selecting hosts.
    package var labels: [LabelKey: LabelValue]
    /// How Redis is reached.
    package var redis: RedisSettings
    /// Whether orders must be signed, and where it stands who may.
    package var signatures: SignatureSettings
    /// What root lets each operator do, and when.
    package var policy: HostPolicy
    /// Where journals, locks, spool and the running-commit record live; must survive a reboot.
    package var stateDirectory: String
    /// The repositories that may be deployed from.
    package var sources: [SourceName: SourceConfiguration]
    /// The services that may be deployed, in restart order.
    package var services: [ServiceConfiguration]
    /// Limits of steps.
    package var timings: Timings
    /// Where metrics are offered; nil for nowhere.
    package var metrics: MetricsSettings?

    /// How Redis is reached. The password stands in a file, never here.
    package struct RedisSettings: Sendable, Equatable {
        /// `host:port`, `[v6]:port` or `unix:/path`.
        package var address: PlacedText
        /// TLS; nil for `tls: off`, or when nothing is said of it.
        package var tls: TLSSettings?
        /// The ACL user; nil for the default user.
        package var username: String?
        /// A file that holds the password in its first line; nil for none.
        package var passwordFile: String?
    }

    /// A repository.
    package struct SourceConfiguration: Sendable, Equatable {
        /// The checkout's remote.
        package var remote: RemoteName
        /// The branches that may be deployed; the first is the default of a plan.
        package var branches: [BranchName]
        /// Whether a commit must itself be signed by somebody of the host's allowed_signers.
        package var needsSignedCommits = false
    }

    /// The configuration of a service, or nil when this host must not touch it.
    package func service(_ name: ServiceName) -> ServiceConfiguration? { services.first { $0.name == name } }
}

/// What the host allows and demands for one service.
package struct ServiceConfiguration: Sendable, Equatable {
    /// The service.
    package var name: ServiceName
    /// The repository that it is deployed from.
    package var source: SourceName
    /// Its place in the order of restarts: lower first; equal ones by name.
    package var order: Int
    /// Whether `User=root` (or none) is allowed.
    package var allowRoot: Bool
    /// What is checked after a restart.
    package var checks: Checks
    /// Commands that prepare a checkout before the restart: argv lists, run in a transient unit as the service's user.
    package var prepare: [[String]]

    /// How much a check counts.
    package enum Mode: String, Sendable, CaseIterable {
        /// It must hold.
        case require
        /// It is made and told; it decides nothing.
        case observe
        /// It is not made.
        case off
    }

    /// The checks that can be configured; the rest of `verify` is always required.
    package struct Checks: Sendable, Equatable {
        /// Whether the service serves metrics, and which.
        package var metrics: MetricsCheck?
        /// What the service may log after its start.
        package var log: LogCheck
    }

    /// An HTTP GET on the loopback interface.
    package struct MetricsCheck: Sendable, Equatable {
        /// How much it counts.
        package var mode: Mode
        /// The port.
        package var port: Port
        /// The path, beginning with `/`.
        package var path: String
        /// A text that the body must contain; nil for any body.
        package var expect: String?

        /// Where the port's number comes from.
        package enum Port: Sendable, Equatable {
            /// The number itself.
            case number(Int)
            /// A variable of the unit's environment files.
            case variable(String)
        }
    }

    /// What the journal may hold since the start.
    package struct LogCheck: Sendable, Equatable {
        /// How much it counts.
        package var mode: Mode
        /// Texts that must not occur; one that begins with `^` must not begin a line.
        package var deny: [String]
        /// Whether the lines are told to who follows the rollout, and so stand in Redis. A line that breaks the check stands in
        /// the verdict all the same.
        package var isTold = true

        /// Python's own errors arrive at the priority of any other line, so they are known by their words: a traceback, also
        /// one of a group, and a critical line, in the middle of a line or, as logging writes it when nobody sets a format,
        /// at its beginning. An ERROR is not among them: services write it of what they recover from (decision 0040).
        package static let byDefault = LogCheck(
            mode: .require, deny: ["^Traceback ", "Exception Group Traceback ", " CRITICAL", "^CRITICAL"])
    }
}

/// Limits of the steps of a job.
package struct Timings: Sendable, Equatable {
    /// How long every required check must hold.
    package var stableFor: Duration = .seconds(10)
    /// How much longer than that the checks may take to hold at all.
    package var verifySlack: Duration = .seconds(30)
    /// How long a job waits for its services' leases.
    package var leaseWait: Duration = .seconds(60)
    /// The limit of a fetch.
    package var fetch: Duration = .seconds(120)
    /// The limit of all prepare commands of a service.
    package var prepare: Duration = .seconds(300)
    /// How long a stop or a start of a unit may take that sets no limit itself (`TimeoutStopSec=infinity`); systemd's own
    /// default is the same.
    package var restart: Duration = .seconds(90)
    /// The time between beats when nothing runs; a second while a job does.
    package var beat: Duration = .seconds(5)
}
