import Glibc
import Subprocess
import SystemPackage

/// A lab of real systemd hosts (`ops/lab`), for the tests that need the whole product.
package struct Lab: Sendable {
    /// The lab's name: labs with different names run side by side.
    package let name: String
    private let stableFor: String
    private let tarball: String
    private let upper: String

    /// A lab by name; nothing is booted yet.
    ///
    /// - Parameters:
    ///   - name: See ``name``.
    ///   - stableFor: How long the agents watch a restarted service.
    ///   - tarball: The release that the hosts install; empty for the newest build.
    ///   - upper: Where the hosts write; `image` for disks that lose what was not synced.
    package init(name: String, stableFor: String, tarball: String = "", upper: String = "") {
        self.name = name
        self.stableFor = stableFor
        self.tarball = tarball
        self.upper = upper
    }

    /// The unix socket of its Redis.
    package var redisSocket: String { "/var/tmp/\(name)/sock/redis.sock" }

    /// Whether this machine can boot one: root, and the packages.
    package static var isPossible: Bool {
        geteuid() == 0 && access("/usr/bin/systemd-nspawn", X_OK) == 0 && access("/usr/bin/redis-server", X_OK) == 0
    }

    /// What a command of the lab said.
    package struct Answer: Sendable, CustomStringConvertible {
        /// The exit code; 128 + n for signal n.
        package let code: Int32
        /// Standard output.
        package let output: String
        /// Standard error.
        package let errors: String

        package var description: String { "exit \(code)\n--- stdout\n\(output)--- stderr\n\(errors)" }
    }

    /// A command of the lab that failed although it must not.
    package struct Failure: Error, CustomStringConvertible {
        /// The words of the command.
        package let words: [String]
        /// What it said.
        package let answer: Answer

        package var description: String { "ops/lab \(words.joined(separator: " ")): \(answer)" }
    }

    /// Runs `ops/lab WORDS`, with any result.
    package func answer(_ words: String...) async throws -> Answer { try await answer(words) }

    /// Runs `ops/lab WORDS`, with any result.
    package func answer(_ words: [String]) async throws -> Answer {
        let result = try await Subprocess.run(
            .path(Repository.root.appending("ops/lab")), arguments: Arguments(words), environment: environment,
            output: .string(limit: 16 << 20), error: .string(limit: 16 << 20))
        let code: Int32 =
            switch result.terminationStatus {
            case .exited(let code): code
            case .signaled(let signal): 128 + signal
            }
        return Answer(code: code, output: result.standardOutput, errors: result.standardError)
    }

    /// Runs `ops/lab WORDS`, which must succeed.
    ///
    /// - Returns: its standard output without the last line feed.
    @discardableResult package func run(_ words: String...) async throws -> String { try await run(words) }

    private func run(_ words: [String]) async throws -> String {
        let answer = try await answer(words)
        guard answer.code == 0 else { throw Failure(words: words, answer: answer) }
        return answer.output.hasSuffix("\n") ? String(answer.output.dropLast()) : answer.output
    }

    /// Runs a shell text as root on a host, with `$1`, `$2`... from `words`; it must succeed.
    @discardableResult package func on(_ host: String, _ script: String, _ words: String...) async throws -> String {
        try await run(["exec", host, "--", "/bin/sh", "-euc", script, "sh"] + words)
    }

    /// Starts `ops/lab qtctl WORDS`, and kills it with SIGKILL as soon as `condition` holds. `ops/lab` becomes qtctl by exec,
    /// so that the killed process is qtctl itself.
    package func killQtctl(_ words: String..., once condition: @Sendable @escaping () async throws -> Bool) async throws
    {
        _ = try await Subprocess.run(
            .path(Repository.root.appending("ops/lab")), arguments: Arguments(["qtctl"] + words),
            environment: environment,
            input: .none, output: .discarded, error: .discarded
        ) { execution in
            _ = try await eventually(condition)
            try execution.send(signal: .kill)
        }
    }

    /// Repeats `check` until it holds, for a minute at most.
    ///
    /// - Returns: whether it came to hold.
    package func eventually(_ check: () async throws -> Bool) async throws -> Bool {
        let limit = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < limit {
            if try await check() { return true }
        }
        return false
    }

    private var environment: Environment {
        .inherit.updating([
            "QTLAB_NAME": name, "QTLAB_DIR": "/var/tmp/\(name)", "QTLAB_STABLE_FOR": stableFor,
            "QTLAB_TARBALL": tarball, "QTLAB_UPPER": upper, "SUDO_USER": "operator",
            // Not the newest build: a release that was made after this one has no failpoints.
            "QTLAB_BIN": getenv("QTLAB_BIN").map { String(cString: $0) } ?? "\(Repository.root)/.build/debug",
            // Where qtctl notes the last rollout: another lab's fleet has the same name.
            "XDG_STATE_HOME": "/var/tmp/\(name)/state",
        ])
    }
}
