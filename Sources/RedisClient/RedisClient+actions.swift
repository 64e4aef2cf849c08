internal import NIOCore

/// What the lane decides, done.
extension RedisClient {
    func perform(_ actions: [Lane.Action]) {
        for action in actions {
            switch action {
            case .dial: dial()
            case .send(let ids): send(ids)
            case .resume(let id, let outcome): finish(id, outcome)
            case .abandon(let id): answer(id, .failure(.cancelled))
            case .forget(let id): requests.removeValue(forKey: id)?.deadline.cancel()
            case .rest(let failures): rest(failures)
            case .hangUp(let reason): hangUp(reason)
            }
        }
    }

    /// Runs on the event loop in a later turn, unless the client is gone by then.
    nonisolated func onLoop(_ work: @escaping @Sendable (isolated RedisClient) -> Void) {
        eventLoop.execute { [weak self] in self?.assumeIsolated(work) }
    }

    /// Runs on the event loop at a time of the monotonic clock, unless the client is gone by then.
    func schedule(
        at time: NIODeadline, _ work: @escaping @Sendable (isolated RedisClient) -> Void
    ) -> Scheduled<Void> {
        eventLoop.scheduleTask(deadline: time) { [weak self] in self?.assumeIsolated(work) }
    }

    private func send(_ ids: [UInt64]) {
        guard let channel else { return }
        for id in ids {
            guard let request = requests[id] else { continue }
            channel.write(request.bytes, promise: nil)
        }
        guard !isFlushing else { return }
        // One flush per turn of the loop: calls that are queued in this turn leave together.
        isFlushing = true
        onLoop {
            $0.isFlushing = false
            $0.channel?.flush()
        }
    }

    private func finish(_ id: UInt64, _ outcome: Lane.Outcome) {
        guard let request = requests[id] else { return }
        request.deadline.cancel()
        switch outcome {
        case .replies(let replies): answer(id, .success(replies))
        case .failed(let error): answer(id, .failure(error))
        case .overdue: answer(id, .failure(.deadline(command: request.name, limit: request.limit)))
        }
        requests[id] = nil
    }

    private func answer(_ id: UInt64, _ answer: Answer) {
        let continuation = requests[id]?.continuation
        requests[id]?.continuation = nil
        continuation?.resume(returning: answer)
    }

    private func rest(_ failures: Int) {
        let wait = jitter(configuration.backoff.range(afterFailures: failures))
        alarm = schedule(at: .now() + TimeAmount(bounded: wait)) { $0.perform($0.lane.gateOpened()) }
    }

    private func hangUp(_ reason: RedisError) {
        attempt += 1
        handshake = nil
        alarm?.cancel()
        alarm = nil
        let open = channel
        channel = nil
        open?.close(promise: nil)
        guard announced != reason, reason != .closed else { return }
        announced = reason
        announce(.away(reason))
    }
}
