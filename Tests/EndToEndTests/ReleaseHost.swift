import TestSupport
import Testing

/// A host that has a release unpacked in /root/release, and what is done to it there.
struct ReleaseHost {
    let lab: Lab
    let name: String

    /// The version that is installed.
    func version() async throws -> String {
        try await lab.on(name, "qtagent version | cut -d ' ' -f 2")
    }

    /// Runs a shell text that may fail.
    func attempt(_ script: String) async throws -> Lab.Answer {
        try await lab.answer("exec", name, "--", "/bin/sh", "-euc", script)
    }

    /// Makes a copy of the unpacked release that is another version, and gives that version back. Only the version's first
    /// character differs, which becomes `digit`, and what `change` does to the copy before its sums are made again.
    @discardableResult func remake(_ folder: String, digit: String, change: String = ":") async throws -> String {
        try await lab.on(
            name,
            """
            rm -rf \(folder)
            cp -r /root/release \(folder)
            cd \(folder)
            python3 -c '
            import sys
            old = open("RELEASE").read().split("\\n")[0].partition("=")[2]
            for name in sys.argv[1:]:
                text = open(name, "rb").read()
                open(name, "wb").write(text.replace(old.encode(), ("\(digit)" + old[1:]).encode()))
            ' RELEASE bin/qtagent bin/qtctl
            \(change)
            find . -type f ! -name SHA256SUMS -printf '%P\\n' | sort | xargs sha256sum >/tmp/sums
            mv /tmp/sums SHA256SUMS
            sed -n 's/^version=//p' RELEASE
            """)
    }

    /// Puts the release that the lab was provisioned with back, whatever a test has left.
    func reset() async throws {
        try await lab.on(name, "rm -f /tmp/hold; /root/release/install.sh")
    }

    /// Whether the fleet comes to hear this version from the host.
    func isHeard(with version: String) async throws -> Bool {
        try await lab.eventually {
            let lines = try await lab.run("qtctl", "agents", "list", "--json").split(separator: "\n")
            return lines.contains { $0.contains("\"host\":\"\(name)\"") && $0.contains("\"agent\":\"\(version)\"") }
        }
    }

    /// How often a service of the host has been started since it was installed.
    func starts(of service: String) async throws -> Int {
        let lines = try await lab.on(name, "journalctl -u \(service) -o cat --no-pager | grep -c '^Started' || true")
        return try #require(Int(lines))
    }
}
