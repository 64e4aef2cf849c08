import DeployModel

/// Redis may not know what it granted, so for the time of a lease nothing new is granted: what was granted before runs out
/// meanwhile by the hosts' own clocks.
package struct Hold: Sendable, Equatable, CustomStringConvertible {
    /// What raised the doubt.
    package enum Cause: String, Sendable, CaseIterable {
        /// No host was ever heard: the fleet is new, or Redis was emptied.
        case memory
        /// Another `run_id`: restarted, promoted or replaced, and perhaps without what was written last.
        case restart
        /// The server's clock went back.
        case clock
        /// No host was heard for `away_ms`: Redis was away for everybody, or its clock leapt forward.
        case away
    }
    /// What raised the doubt; nil for a cause of a later version.
    package let cause: Cause?
    /// How long it will last, by the server's clock; longer when no host is heard.
    package let remaining: Duration

    init(_ reply: Reply) {
        let ends = DecimalNumber.parse(reply[0]) ?? 0
        cause = Cause(rawValue: reply[2])
        remaining = .milliseconds(max(0, ends - (DecimalNumber.parse(reply[1]) ?? ends)))
    }

    /// What happened and what is waited for, without the time, so that it stays the same while it is waited for.
    package var description: String {
        let what =
            switch cause {
            case .memory: "this fleet is new to Redis, or Redis was emptied"
            case .restart: "Redis was restarted or replaced"
            case .clock: "the clock of Redis went back"
            case .away: "Redis heard no host for a while"
            case nil: "Redis may have lost some of its memory"
            }
        return what + "; nothing new is granted until every lease that it may not know of has run out"
    }
}
