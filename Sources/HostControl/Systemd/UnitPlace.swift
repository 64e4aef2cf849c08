/// A loaded service and where it runs.
package struct UnitPlace: Sendable, Equatable {
    /// The unit's full name. May be one that ``ServiceName`` refuses.
    package var id: String
    /// `active`, `inactive`, `failed` ...
    package var activeState: String
    /// Where it runs.
    package var workingDirectory: WorkingDirectory

    /// A place; see the properties.
    package init(id: String, activeState: String, workingDirectory: WorkingDirectory) {
        self.id = id
        self.activeState = activeState
        self.workingDirectory = workingDirectory
    }
}
