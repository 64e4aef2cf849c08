/// The life of one client's single socket, as a value: events in, actions out, nothing else touched.
///
///     idle -> connecting -> ready -> idle          lost after a good reply: the next call connects at once
///                  |          `---> resting        lost before one, or dropped for what the server said
///                  `-> resting -> connecting        the gate opened and calls wait (nobody waits: idle)
struct Lane {
    /// A call: its number, and how many replies it awaits (none: it awaits the connection only).
    struct Ticket: Equatable {
        let id: UInt64
        let replies: Int
    }

    /// What a call ends with.
    enum Outcome: Equatable {
        case replies([RedisValue])
        case failed(RedisError)
        /// Its time ran out after it was sent.
        case overdue
    }

    /// What the owner of the socket must do, in order.
    enum Action: Equatable {
        /// Begin an attempt to connect; answer with `connected` or `connectFailed`.
        case dial
        /// Write these calls.
        case send([UInt64])
        /// The call ends.
        case resume(UInt64, Outcome)
        /// The caller is told that it was cancelled; the call's deadline stays set, for its reply is still to come.
        case abandon(UInt64)
        /// An abandoned call needs its deadline no more.
        case forget(UInt64)
        /// Wait for a jittered time after so many failures, then answer with `gateOpened`.
        case rest(failures: Int)
        /// Close the socket, for this reason.
        case hangUp(RedisError)
    }

    /// What calls without a connection wait for.
    private struct Wait {
        /// Failures in a row so far.
        var failures: Int
        var tickets: [Ticket] = []
        /// Why there is no connection yet; nil during the first attempt.
        var last: RedisError?

        mutating func remove(_ id: UInt64) -> Bool {
            guard let index = tickets.firstIndex(where: { $0.id == id }) else { return false }
            tickets.remove(at: index)
            return true
        }
    }

    private struct Ready {
        /// Failures in a row before this connection.
        var failures: Int
        /// Whether the connection has given a good reply: only then is its loss no reason to wait.
        var isProven = false
        var queue = ReplyQueue()
    }

    private enum State {
        /// No socket, and the next call makes one.
        case idle(failures: Int)
        case connecting(Wait)
        /// No socket, and no attempt until the gate opens.
        case resting(Wait)
        case ready(Ready)
        case closed
    }

    private let address: RedisAddress
    private let failFast: Bool
    private var state = State.idle(failures: 0)

    /// See `RedisConfiguration` for both.
    init(address: RedisAddress, failFast: Bool) {
        self.address = address
        self.failFast = failFast
    }

    /// A call arrives.
    mutating func submit(_ ticket: Ticket) -> [Action] {
        switch state {
        case .idle(let failures):
            state = .connecting(Wait(failures: failures, tickets: [ticket]))
            return [.dial]
        case .connecting(var wait):
            wait.tickets.append(ticket)
            state = .connecting(wait)
            return []
        case .resting(var wait):
            if failFast, let last = wait.last { return [.resume(ticket.id, .failed(last))] }
            wait.tickets.append(ticket)
            state = .resting(wait)
            return []
        case .ready:
            guard ticket.replies > 0 else { return [.resume(ticket.id, .replies([]))] }
            changeReady { $0.queue.append(ticket) }
            return [.send([ticket.id])]
        case .closed:
            return [.resume(ticket.id, .failed(.closed))]
        }
    }

    /// The attempt succeeded, handshake included.
    mutating func connected() -> [Action] {
        guard case .connecting(let wait) = state else { return [] }
        var ready = Ready(failures: wait.failures)
        let sent = wait.tickets.filter { $0.replies > 0 }
        for ticket in sent { ready.queue.append(ticket) }
        state = .ready(ready)
        let done = wait.tickets.filter { $0.replies == 0 }.map { Action.resume($0.id, .replies([])) }
        return (sent.isEmpty ? [] : [.send(sent.map(\.id))]) + done
    }

    /// The attempt failed.
    mutating func connectFailed(_ error: RedisError) -> [Action] {
        guard case .connecting(var wait) = state else { return [] }
        let ended = failFast ? wait.tickets : []
        if failFast { wait.tickets = [] }
        wait.failures += 1
        wait.last = error
        state = .resting(wait)
        return [.hangUp(error)] + ended.map { .resume($0.id, .failed(error)) } + [.rest(failures: wait.failures)]
    }

    /// The wait after a failure is over.
    mutating func gateOpened() -> [Action] {
        guard case .resting(let wait) = state else { return [] }
        guard !wait.tickets.isEmpty else {
            state = .idle(failures: wait.failures)
            return []
        }
        state = .connecting(wait)
        return [.dial]
    }

    /// A reply arrived on the ready connection.
    mutating func received(_ value: RedisValue) -> [Action] {
        switch changeReady({ $0.queue.receive(value) }) {
        case nil, .partial: return []
        case .unexpected: return lost(.protocolViolation("a reply that no command asked for"), isFailure: true)
        case .finished(let call): return finish(call)
        }
    }

    private mutating func finish(_ call: ReplyQueue.Finished) -> [Action] {
        let end: Action = call.isAbandoned ? .forget(call.id) : .resume(call.id, .replies(call.replies))
        for case .error(let error) in call.replies where error.kind.dropsConnection {
            return [end] + lost(.connectionLost(address, reason: "the server replied: \(error)"), isFailure: true)
        }
        changeReady {
            $0.isProven = true
            $0.failures = 0
        }
        return [end]
    }

    /// A call's time ran out. Of a call that was sent the socket is closed: a late reply must never be taken for a
    /// later command's. Its neighbours on the connection fail with it.
    mutating func deadline(_ id: UInt64) -> [Action] {
        switch state {
        case .connecting(var wait):
            guard wait.remove(id) else { return [] }
            state = .connecting(wait)
            return [.resume(id, .failed(wait.last ?? .unreachable(address, reason: "no answer yet")))]
        case .resting(var wait):
            guard wait.remove(id), let last = wait.last else { return [] }
            state = .resting(wait)
            return [.resume(id, .failed(last))]
        case .ready(let ready):
            guard ready.queue.contains(id) else { return [] }
            let late: [Action] = changeReady({ $0.queue.abandon(id) }) == true ? [.resume(id, .overdue)] : []
            return late + lost(.connectionLost(address, reason: "a call on this connection ran out of time"))
        case .idle, .closed:
            return []
        }
    }

    /// The calling task was cancelled.
    mutating func cancel(_ id: UInt64) -> [Action] {
        switch state {
        case .connecting(var wait):
            guard wait.remove(id) else { return [] }
            state = .connecting(wait)
            return [.resume(id, .failed(.cancelled))]
        case .resting(var wait):
            guard wait.remove(id) else { return [] }
            state = .resting(wait)
            return [.resume(id, .failed(.cancelled))]
        case .ready:
            return changeReady({ $0.queue.abandon(id) }) == true ? [.abandon(id)] : []
        case .idle, .closed:
            return []
        }
    }

    /// The ready connection ended, or must end. After a good reply the next call may connect at once; otherwise, or
    /// when the server itself is the reason, that is a failure like one to connect, and the gate closes.
    mutating func lost(_ error: RedisError, isFailure: Bool = false) -> [Action] {
        guard case .ready(let ready) = state else { return [] }
        let ended = end(ready.queue, with: error)
        guard isFailure || !ready.isProven else {
            state = .idle(failures: 0)
            return [.hangUp(error)] + ended
        }
        let failures = ready.failures + 1
        state = .resting(Wait(failures: failures, last: Self.unsent(error)))
        return [.hangUp(error)] + ended + [.rest(failures: failures)]
    }

    /// The owner wants no more. Calls that wait end with `closed`.
    mutating func close() -> [Action] {
        defer { state = .closed }
        switch state {
        case .idle: return [.hangUp(.closed)]
        case .connecting(let wait), .resting(let wait):
            return [.hangUp(.closed)] + wait.tickets.map { .resume($0.id, .failed(.closed)) }
        case .ready(let ready): return [.hangUp(.closed)] + end(ready.queue, with: .closed)
        case .closed: return []
        }
    }

    private func end(_ queue: ReplyQueue, with error: RedisError) -> [Action] {
        queue.abandoned.map { .forget($0) } + queue.awaited.map { .resume($0, .failed(error)) }
    }

    /// What a later call is told, which was never sent: `connectionLost` would leave its outcome open.
    private static func unsent(_ error: RedisError) -> RedisError {
        guard case .connectionLost(let address, let reason) = error else { return error }
        return .unreachable(address, reason: reason)
    }

    /// Changes the data of the ready state in place; nil in any other state.
    @discardableResult
    private mutating func changeReady<Result>(_ change: (inout Ready) -> Result) -> Result? {
        guard case .ready(var ready) = state else { return nil }
        // While the state holds no second reference to the queue, the change copies nothing.
        state = .closed
        defer { state = .ready(ready) }
        return change(&ready)
    }
}
