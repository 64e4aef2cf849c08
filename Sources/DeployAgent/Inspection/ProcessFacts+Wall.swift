import DeployModel
import HostControl

extension ProcessFacts {
    /// When the process was started, on the wall clock as it stands now. For comparisons with file times and the reflog: a
    /// clock that was set meanwhile moves it.
    var startedWall: Timestamp {
        Timestamp(milliseconds: BootClock.wall() - (BootClock.now() - started) / 1_000_000)
    }
}
