package import DeployModel

/// What a user of Redis may do in a fleet: rules of an ACL file (redis.io, ACL). Whoever may write, writes by scripts, and a script
/// runs with its caller's rights, so agents and operators need the same.
package enum RedisAccess: String, Sendable, CaseIterable {
    /// An agent: one user per host, so that one can be told from another and taken away alone.
    case agent
    /// A person who submits.
    case `operator`
    /// Who only looks; no script that writes does anything for them.
    case viewer

    /// The name of a user in a fleet: `qt-lab-agent-h1`.
    package func user(_ fleet: FleetName, _ name: String) -> String {
        self == .viewer ? "qt-\(fleet)-viewer" : "qt-\(fleet)-\(rawValue)-\(name)"
    }

    /// The rules, without password: nothing but this fleet's keys, nothing but these commands, no channels.
    package func rules(_ fleet: FleetName) -> String {
        let keys = "~" + Keys(fleet: fleet).pattern
        let commands = Self.reading + (self == .viewer ? [] : Self.writing)
        return (["resetchannels", "-@all", self == .viewer ? "%R" + keys : keys] + commands.map { "+\($0)" })
            .joined(separator: " ")
    }

    /// What `qtctl` and `qtagent` send themselves to read, and what scripts call that are flagged `no-writes`.
    package static let reading = [
        "hello", "info", "time", "eval_ro", "evalsha_ro", "exists", "hget", "hgetall", "hmget", "hstrlen",
        "xlen", "xrange", "xread", "xrevrange", "zcard", "zrevrangebyscore",
    ]

    /// What the other scripts call besides, and how they are called.
    package static let writing = [
        "eval", "evalsha", "script|load", "del", "hdel", "hexists", "hincrby", "hkeys", "hlen", "hscan", "hset",
        "hsetnx",
        "persist", "pexpire", "rename", "unlink", "xadd", "xtrim", "zadd", "zcount", "zrange",
        "zrangebyscore", "zrem", "zscore",
    ]
}

extension Keys {
    /// Every key of the fleet, as a pattern of Redis' ACL.
    package var pattern: String { prefix + "*" }
}
