/// Wakes a service that waits: a signal that is not lost when it comes before the wait.
actor WakeUp {
    private var isSignalled = false
    private var waiter: (id: UInt64, continuation: CheckedContinuation<Void, Never>)?
    private var lastID: UInt64 = 0

    /// Ends the wait that is going on, or the next one at once.
    func signal() {
        isSignalled = true
        finishWait()
    }

    /// Takes back a signal that nobody has waited for.
    func forget() { isSignalled = false }

    /// Waits for a signal, for `limit` at most, or until the task is cancelled. One waiter at a time.
    ///
    /// - Returns: whether there was a signal.
    func wait(atMost limit: Duration) async -> Bool {
        if !isSignalled {
            lastID += 1
            let id = lastID
            // task: an alarm that outlives its wait does nothing; as a child it would hold the actor's caller.
            let alarm = Task {
                try? await Task.sleep(for: limit)
                self.finishWait(id)
            }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    waiter = (id, continuation)
                    if Task.isCancelled { finishWait() }
                }
            } onCancel: {
                alarm.cancel()
            }
            alarm.cancel()
        }
        defer { isSignalled = false }
        return isSignalled
    }

    private func finishWait(_ id: UInt64? = nil) {
        guard let waiter, id == nil || waiter.id == id else { return }
        self.waiter = nil
        waiter.continuation.resume()
    }
}
