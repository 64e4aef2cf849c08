package import DeployModel
import DeployProtocol

/// `acl print`: the users of a fleet for Redis' ACL file, each with a password of its own.
package struct AccessFile: Sendable {
    private let fleet: FleetName
    private let console: Console

    /// For a fleet.
    package init(_ fleet: FleetName, console: Console) {
        self.fleet = fleet
        self.console = console
    }

    /// Whom to print.
    package struct Users: Sendable {
        var hosts: [HostName]
        var operators: [OperatorName]

        /// A viewer is always among them.
        package init(hosts: [HostName], operators: [OperatorName]) {
            self.hosts = hosts
            self.operators = operators
        }
    }

    /// Prints a line per user. The passwords stand in files of a folder, named after the users; those that are missing are made. What is
    /// printed has their SHA-256 only.
    ///
    /// - Throws: ``OperatorError/usage(_:)`` when the folder can't be used.
    package func show(_ users: Users, passwords folder: String) async throws(OperatorError) {
        try UserFiles.requireFolder(of: folder + "/x")
        var lines: [(RedisAccess, String)] = users.hosts.map { (.agent, $0.text) }
        lines += users.operators.map { (.operator, $0.text) }
        lines.append((.viewer, ""))
        for (access, name) in lines {
            let user = access.user(fleet, name)
            let path = "\(folder)/\(user)"
            if try UserFiles.read(path) == nil {
                try WholeFile.replace(path, with: Self.password() + "\n", mode: 0o600)
            }
            let digest = try await Self.digest(of: try UserFiles(environment: [:]).password(path))
            console.show("user \(user) on #\(digest) \(access.rules(fleet))")
            console.show(JSONLine("user", [("user", .text(user)), ("password_file", .text(path))]))
        }
        console.note("passwords: in \(folder), one file per user; bring each agent its own (redis.password_file)")
        console.note(
            "add the lines to Redis' aclfile, then: redis-cli ACL LOAD. It makes all users anew: the file must have a line for"
        )
        console.note(
            "each of the others too, for default above all: without one Redis gives default every right and no password"
        )
        console.note(
            "no other user may have a key pattern that covers \(Keys(fleet: fleet).pattern), the default user included: redis-cli ACL LIST"
        )
        console.summary(exit: .good)
    }

    /// 256 bits.
    private static func password() -> String {
        var source = SystemRandomNumberGenerator()
        return (0..<32).map { _ in
            let text = String(UInt8.random(in: 0...255, using: &source), radix: 16)
            return text.count == 1 ? "0" + text : text
        }.joined()
    }

    /// By coreutils: no hash function is worth a library for this.
    private static func digest(of password: String) async throws(OperatorError) -> String {
        let tool = OperatorTool("/usr/bin/sha256sum", package: "coreutils")
        let answer = try await tool.ask([], input: Array(password.utf8))
        guard answer.isGood, answer.text.count > 64 else { throw .usage("sha256sum: \(answer.said)") }
        return String(answer.text.prefix(64))
    }
}
