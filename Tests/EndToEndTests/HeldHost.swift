import TestSupport
import Testing

/// A host of the lab whose jobs hold at a step, until they are let go.
struct HeldHost {
    private static let slow = "/etc/systemd/system/quantum-reconcile-engine.service.d"
    private static let hooked = "/etc/qtagent/hooked"
    let fleet: LabFleet
    let name: String

    /// Jobs hold in `prepare`: behind the checkout, before the first restart.
    func holdInPrepare() async throws {
        try await on(
            """
            rm -f /run/go-on
            cp -a /etc/qtagent/agent.yaml \(Self.hooked)
            sed -i '0,/order: 10/s||order: 10\\n    prepare: [[/bin/sh, -c, "until test -e /run/go-on; do sleep 0.1; done"]]|' \
            /etc/qtagent/agent.yaml
            systemctl restart qtagent
            """)
        let isBack = try await fleet.lab.eventually {
            try await fleet.qtctl("plan", "--all", "--host", name).answer.code == 0
        }
        try #require(isBack)
    }

    /// Jobs hold in the second service's stop: between the two restarts.
    func holdInRestart() async throws {
        try await on(
            """
            rm -f /run/go-on
            mkdir -p \(Self.slow)
            printf '[Service]\\nExecStop=/bin/sh -c "until test -e /run/go-on; do sleep 0.1; done"\\n' > \(Self.slow)/slow.conf
            systemctl daemon-reload
            """)
    }

    /// Lets the job go on.
    func release() async throws { try await on("touch /run/go-on") }

    /// Takes the holds away.
    func clean() async throws {
        try await on(
            """
            touch /run/go-on
            rm -f \(Self.slow)/slow.conf; systemctl daemon-reload
            if test -e \(Self.hooked); then mv \(Self.hooked) /etc/qtagent/agent.yaml; systemctl restart qtagent; fi
            """)
    }

    /// Waits until the journal of a rollout's job here has this many lines that begin so.
    func reaches(_ rollout: String, _ line: String, count: Int = 1) async throws {
        let journal = "/var/lib/qtagent/jobs/\(rollout)-deploy-1"
        let isThere = try await fleet.lab.eventually {
            try await on("grep -c '^\(line)' \(journal) 2>&1 || true") == "\(count)"
        }
        if isThere { return }
        let said = try await on("cat \(journal); journalctl -u qtagent -n 20 -o cat")
        Issue.record("\(name) did not come to \(line):\n\(said)")
    }

    /// Whether a line of the agent's log, of this boot, holds the text.
    func says(_ text: String) async throws -> Bool {
        try await fleet.lab.eventually {
            try await on("journalctl -b -u qtagent -o cat | grep -cF '\(text)' || true") != "0"
        }
    }

    /// The host's clock, in whole seconds: where a count of log lines begins.
    func now() async throws -> String { try await on("date +%s") }

    /// The second in which the agent logged most since a moment, and what it said then. systemd's lines about it don't count.
    func busiestSecond(since: String) async throws -> (lines: Int, text: String) {
        let log = try await on("journalctl -b -u qtagent -o short-unix --since @\(since) | grep -F ' qtagent[' || true")
        let seconds = Dictionary(grouping: log.split(separator: "\n")) { $0.prefix { $0 != "." } }
        let busiest = seconds.values.max { $0.count < $1.count } ?? []
        return (busiest.count, busiest.joined(separator: "\n"))
    }

    /// The reports that wait on the disk.
    func spool() async throws -> String { try await on("ls /var/lib/qtagent/spool") }

    @discardableResult func on(_ script: String) async throws -> String { try await fleet.lab.on(name, script) }
}
