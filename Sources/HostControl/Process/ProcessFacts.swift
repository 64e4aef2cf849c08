/// What /proc says about one process.
package struct ProcessFacts: Sendable, Equatable {
    /// Its id.
    package var pid: Int32
    /// The real user id.
    package var uid: UInt32
    /// When it was started: nanoseconds of CLOCK_BOOTTIME, to a clock tick (10 ms). An id together with this is one process,
    /// however often the id is given again.
    package var started: Int64
    /// Whether its program is still to be executed. systemd calls a unit of Type=simple active from the moment in which it has
    /// made the process (systemd.service(5)); user and directory become those of the unit only after that.
    package var isYetToBegin: Bool
    /// Where it runs, and whether that directory was removed.
    package var workingDirectory: ProcessDirectory
    /// Its control group: of the unified hierarchy, or of systemd's own in the older layout.
    package var controlGroup: String

    /// Facts; see the properties.
    package init(
        pid: Int32, uid: UInt32, started: Int64, isYetToBegin: Bool = false, workingDirectory: ProcessDirectory,
        controlGroup: String
    ) {
        self.pid = pid
        self.uid = uid
        self.started = started
        self.isYetToBegin = isYetToBegin
        self.workingDirectory = workingDirectory
        self.controlGroup = controlGroup
    }
}

/// The directory that a process runs in.
package struct ProcessDirectory: Sendable, Equatable {
    /// The path, as the kernel shows it.
    package var path: String
    /// Which directory it really is.
    package var identity: FileIdentity
    /// Whether the directory has been removed: a process that runs from a checkout that is gone.
    package var isDeleted: Bool

    /// A directory; see the properties.
    package init(path: String, identity: FileIdentity, isDeleted: Bool) {
        self.path = path
        self.identity = identity
        self.isDeleted = isDeleted
    }
}
