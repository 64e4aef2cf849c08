import Coordination
import DeployModel

/// A fleet's metrics as Prometheus reads them. Every name here stands in agent/README.md with its meaning.
enum FleetPage {
    /// The page for what was seen.
    static func text(_ fleet: FleetName, _ counts: FleetCounts) -> String {
        PrometheusText.page(
            about(fleet, counts) + hosts(counts) + services(counts) + commits(counts) + verdicts(counts)
                + rollouts(counts) + memory(counts))
    }

    private static func about(_ fleet: FleetName, _ counts: FleetCounts) -> [MetricFamily] {
        var info = MetricFamily(.gauge, "qtdeploy_info", "The fleet, and the version of the qtctl that looked.")
        info.add(1, ["fleet": fleet.text, "version": ProductVersion.current])
        var look = MetricFamily(
            .gauge, "qtdeploy_look_timestamp_seconds", "When the fleet was looked at, by the clock of Redis.")
        look.add(counts.now.seconds)
        var leftOut = MetricFamily(
            .gauge, "qtdeploy_left_out",
            "Hosts and services that are not shown, for there are more than a fleet may have.")
        leftOut.add(Double(counts.leftOut))
        return [info, look, leftOut]
    }

    private static func hosts(_ counts: FleetCounts) -> [MetricFamily] {
        var info = MetricFamily(
            .gauge, "qtdeploy_host_info", "The version and the contract that the host's agent told.")
        var membership = MetricFamily(
            .gauge, "qtdeploy_host_membership_info", "How the host belongs to the fleet: seen, enrolled or drained.")
        var beat = MetricFamily(
            .gauge, "qtdeploy_host_last_beat_timestamp_seconds",
            "When the host was heard last, by the clock of Redis; 0 for never.")
        var up = MetricFamily(.gauge, "qtdeploy_host_up", "Whether the host was heard lately enough to take orders.")
        var busy = MetricFamily(
            .gauge, "qtdeploy_host_job_running", "Whether the host has told that it carries out a job.")
        for host in counts.hosts {
            let name = host.name.text
            info.add(1, ["host": name, "version": host.agent, "contract": host.contract])
            membership.add(1, ["host": name, "membership": host.membership.rawValue])
            beat.add(host.lastBeat?.seconds ?? 0, ["host": name])
            up.add(counts.isUp(host), ["host": name])
            busy.add(host.state == "busy", ["host": name])
        }
        return [info, membership, beat, up, busy]
    }

    private static func services(_ counts: FleetCounts) -> [MetricFamily] {
        var active = MetricFamily(.gauge, "qtdeploy_service_active", "Whether systemd calls the unit active there.")
        var drift = MetricFamily(
            .gauge, "qtdeploy_service_drift",
            """
            Whether the process runs another commit than is checked out (running), or another one is checked out than was \
            verified last (checkout).
            """)
        for (place, facts) in counts.services {
            let (host, service) = (place.host.text, place.service.text)
            active.add(facts.isActive, ["host": host, "service": service])
            for kind in ServiceDrift.allCases {
                guard let isThere = facts.has(kind, proven: counts.verified[place]) else { continue }
                drift.add(isThere, ["host": host, "service": service, "kind": kind.rawValue])
            }
        }
        return [active, drift]
    }

    private static func commits(_ counts: FleetCounts) -> [MetricFamily] {
        var running = MetricFamily(
            .gauge, "qtdeploy_service_running_commit_info",
            "The commit that the service's process runs there, and how that is known.")
        var checkout = MetricFamily(
            .gauge, "qtdeploy_service_checkout_commit_info", "The commit and branch that are checked out there.")
        for (place, facts) in counts.services {
            let (host, service) = (place.host.text, place.service.text)
            running.add(
                1, ["host": host, "service": service, "commit": facts.running?.text ?? "", "basis": facts.basis])
            guard let commit = facts.checkout else { continue }
            checkout.add(1, ["host": host, "service": service, "commit": commit.text, "branch": facts.branch])
        }
        return [running, checkout]
    }

    private static func verdicts(_ counts: FleetCounts) -> [MetricFamily] {
        var verdict = MetricFamily(
            .gauge, "qtdeploy_service_last_verdict_info",
            "What the last attempt at the service there ended as, and the ordered commit.")
        for (place, last) in counts.verdicts.sorted(by: { $0.key < $1.key }) {
            verdict.add(
                1,
                [
                    "host": place.host.text, "service": place.service.text, "verdict": last.verdict.rawValue,
                    "commit": last.commit?.text ?? "",
                ])
        }
        return [verdict]
    }

    private static func rollouts(_ counts: FleetCounts) -> [MetricFamily] {
        var rollouts = MetricFamily(.gauge, "qtdeploy_rollouts", "The newest 200 rollouts, by state.")
        for state in RolloutState.allCases {
            rollouts.add(Double(counts.rollouts.count { $0.state == state }), ["state": state.rawValue])
        }
        rollouts.add(Double(counts.rollouts.count { $0.state == nil }), ["state": "unreadable"])
        var held = MetricFamily(
            .gauge, "qtdeploy_service_lease_held", "Whether a rollout or somebody by hand has the service.")
        var since = MetricFamily(
            .gauge, "qtdeploy_service_lease_since_timestamp_seconds", "Since when, by the clock of Redis.")
        for service in Set(counts.services.map(\.place.service)).sorted() {
            held.add(counts.leases[service] != nil, ["service": service.text])
            if let moment = counts.leases[service] { since.add(moment.seconds, ["service": service.text]) }
        }
        return [rollouts, held, since]
    }

    private static func memory(_ counts: FleetCounts) -> [MetricFamily] {
        guard let memory = counts.memory else { return [] }
        var beat = MetricFamily(
            .gauge, "qtdeploy_last_beat_timestamp_seconds",
            "When any host was heard last, by the clock of Redis; 0 for never.")
        beat.add(memory.lastBeat?.seconds ?? 0)
        var hold = MetricFamily(
            .gauge, "qtdeploy_on_hold", "Whether nothing new is granted, for Redis may have lost some of its memory.")
        hold.add(memory.holdUntil.map { $0 > counts.now } ?? false)
        var failed = MetricFamily(
            .gauge, "qtdeploy_stream_error", "Whether a stream has ever refused an entry: stream_error of the key meta."
        )
        failed.add(memory.hasStreamError)
        var entries = MetricFamily(.gauge, "qtdeploy_stream_entries", "Entries of the streams that people read.")
        for stream in FleetStream.allCases {
            if let count = memory.entries[stream] { entries.add(Double(count), ["stream": stream.rawValue]) }
        }
        return [beat, hold, failed, entries]
    }
}
