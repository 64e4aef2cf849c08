import Coordination
import DeployModel

/// The agent's metrics as Prometheus reads them. Every name here stands in agent/README.md with its meaning.
struct AgentPage: Sendable {
    let fleet: FleetName
    let host: HostName
    let version: String

    init(fleet: FleetName, host: HostName, version: String) {
        self.fleet = fleet
        self.host = host
        self.version = version
    }

    init(_ configuration: AgentConfiguration, _ identity: HostIdentity) {
        self.init(fleet: configuration.fleet, host: configuration.host, version: identity.agentVersion)
    }

    /// The page for what is known at a moment.
    func text(_ counts: AgentCounts) -> String {
        PrometheusText.page(
            about(counts) + Self.redis(counts) + Self.jobs(counts) + Self.services(counts) + Self.commits(counts)
                + Self.verdicts(counts))
    }

    private func about(_ counts: AgentCounts) -> [MetricFamily] {
        var info = MetricFamily(.gauge, "qtagent_info", "The agent's version, and its host's name in the fleet.")
        info.add(1, ["version": version, "host": host.text, "fleet": fleet.text])
        return [info]
    }

    private static func redis(_ counts: AgentCounts) -> [MetricFamily] {
        var beat = MetricFamily(
            .gauge, "qtagent_last_beat_timestamp_seconds", "When Redis took the last beat; 0 for never since the start."
        )
        beat.add(counts.lastBeat?.seconds ?? 0)
        var answering = MetricFamily(.gauge, "qtagent_redis_connected", "Whether Redis answered the last beat.")
        answering.add(counts.isRedisAnswering)
        var errors = MetricFamily(.counter, "qtagent_redis_errors_total", "Calls to Redis that failed, by kind.")
        for fault in CallFault.allCases {
            errors.add(Double(counts.redisFaults[fault] ?? 0), ["kind": fault.rawValue])
        }
        var waiting = MetricFamily(
            .gauge, "qtagent_reports_waiting", "Reports on the disk that Redis has not taken yet.")
        waiting.add(Double(counts.reports.waiting))
        return [beat, answering, errors, waiting]
    }

    private static func jobs(_ counts: AgentCounts) -> [MetricFamily] {
        var running = MetricFamily(.gauge, "qtagent_job_running", "Whether a job is carried out.")
        running.add(counts.isJobRunning)
        // Those that have not happened yet stand at 0, or the first one of each kind would not show in a rate.
        var jobs = MetricFamily(.counter, "qtagent_jobs_total", "Jobs that ended, and orders that were refused.")
        for operation in Operation.allCases {
            for verdict in AgentCounts.verdicts {
                let count = counts.jobs[AgentCounts.JobEnd(operation: operation, verdict: verdict)] ?? 0
                jobs.add(Double(count), ["op": operation.rawValue, "outcome": verdict.rawValue])
            }
        }
        var steps = MetricFamily(
            .histogram, "qtagent_job_step_duration_seconds", "How long the steps of jobs took, failed ones too.")
        for step in Step.allCases {
            if let times = counts.steps[step] { steps.add(times, ["step": step.rawValue]) }
        }
        return [running, jobs, steps]
    }

    private static func services(_ counts: AgentCounts) -> [MetricFamily] {
        var look = MetricFamily(
            .gauge, "qtagent_services_look_timestamp_seconds",
            "When the services were looked at last; what follows is as old.")
        look.add(counts.lastLook?.seconds ?? 0)
        var active = MetricFamily(.gauge, "qtagent_service_active", "Whether systemd calls the unit active.")
        var started = MetricFamily(
            .gauge, "qtagent_service_start_timestamp_seconds", "When the service's process started.")
        var drift = MetricFamily(
            .gauge, "qtagent_service_drift",
            """
            Whether the process runs another commit than is checked out (running), or another one is checked out than was \
            proven last (checkout).
            """)
        for facts in counts.services {
            let service = facts.service.text
            active.add(facts.isActive, ["service": service])
            if let since = facts.since { started.add(since.seconds, ["service": service]) }
            for kind in ServiceDrift.allCases {
                let proven = counts.reports.proven[facts.service]?.commit
                guard let isThere = facts.has(kind, proven: proven) else { continue }
                drift.add(isThere, ["service": service, "kind": kind.rawValue])
            }
        }
        return [look, active, started, drift]
    }

    private static func commits(_ counts: AgentCounts) -> [MetricFamily] {
        var running = MetricFamily(
            .gauge, "qtagent_service_running_commit_info",
            "The commit that the service's process runs, and how that is known.")
        var checkout = MetricFamily(
            .gauge, "qtagent_service_checkout_commit_info", "The commit and branch that are checked out.")
        for facts in counts.services {
            running.add(
                1, ["service": facts.service.text, "commit": facts.running?.text ?? "", "basis": facts.basis])
            guard let commit = facts.checkout else { continue }
            checkout.add(1, ["service": facts.service.text, "commit": commit.text, "branch": facts.branch])
        }
        return [running, checkout]
    }

    private static func verdicts(_ counts: AgentCounts) -> [MetricFamily] {
        var verdict = MetricFamily(
            .gauge, "qtagent_service_last_verdict_info", "What the service's last job ended as, and the ordered commit."
        )
        var time = MetricFamily(
            .gauge, "qtagent_service_last_verdict_timestamp_seconds", "When the service's last job ended.")
        for (service, last) in counts.reports.last.sorted(by: { $0.key < $1.key }) {
            verdict.add(
                1, ["service": service.text, "verdict": last.verdict.rawValue, "commit": last.commit.text])
            time.add(last.finishedAt.seconds, ["service": service.text])
        }
        return [verdict, time]
    }
}
