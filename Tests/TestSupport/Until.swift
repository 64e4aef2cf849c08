/// Asks again until the condition holds, with other work in between; gives up after two minutes, for a broken part must
/// end in a failed test and not in one that never ends.
package func until(_ what: String, _ condition: () async throws -> Bool) async throws {
    let end = ContinuousClock.now + .seconds(120)
    while try await !condition() {
        guard ContinuousClock.now < end else { throw NeverHappened(what: what) }
        await Task.yield()
    }
}

/// What a test waited for in vain.
package struct NeverHappened: Error {
    /// Its name.
    package let what: String

    /// See the property for the meaning of the argument.
    package init(what: String) {
        self.what = what
    }
}
