/// How many lines of a unit journald takes in a span of time before it drops the rest (`LogRateLimitBurst=`,
/// `LogRateLimitIntervalSec=`). Where much room is left on the disk it takes more than that, never less.
package struct LogRateLimit: Sendable, Equatable {
    /// The lines; at least 1.
    package var burst: Int
    /// The span.
    package var interval: Duration

    /// journald's own limit (journald.conf(5)), for a unit that sets none: what an administrator wrote there is not shown
    /// by systemctl.
    package static let byDefault = LogRateLimit(burst: 10_000, interval: .seconds(30))

    /// A limit; see the properties.
    package init(burst: Int, interval: Duration) {
        self.burst = burst
        self.interval = interval
    }

    /// Takes what systemctl shows: 0 stands for the default.
    init(_ properties: UnitProperties) {
        guard let burst: Int = properties.number("LogRateLimitBurst"), burst > 0,
            case .finite(let span)? = UnitDuration(properties.text("LogRateLimitIntervalUSec")), span > .zero
        else {
            self = .byDefault
            return
        }
        self.init(burst: burst, interval: span)
    }
}
