internal import DeployModel
internal import Glibc

/// The clocks of this host; the only place of this target that reads one.
package enum BootClock {
    /// Nanoseconds since boot, counting the time that the machine was suspended: for leases and for the begin and end of a
    /// checkout (clock_gettime(2), CLOCK_BOOTTIME).
    package static func now() -> Int64 { read(CLOCK_BOOTTIME) }

    /// Nanoseconds on CLOCK_MONOTONIC, which stands still during suspend: what systemd's `...TimestampMonotonic` count,
    /// in microseconds.
    package static func monotonic() -> Int64 { read(CLOCK_MONOTONIC) }

    /// The wall clock. For people, and for whole-second comparisons with file times; never for limits.
    package static func wall() -> Int64 { read(CLOCK_REALTIME) / 1_000_000 }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        // Fails only for a clock that the kernel doesn't have; these three are as old as Linux 2.6.39.
        _ = clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
